using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

public sealed class CrossFormerTests
{
    private static readonly CrossFormerConfig _small = new(32, [new(2, 1, 4, 3), new(3, 2, 4, 2), new(2, 4, 3, 2)], 64, 64) { Classes = 5 };

    public static TheoryData<int, int, TokenGroups> Groupings => new()
    {
        { 1, 1, new TokenGroups(1, 1) },
        { 8, 12, new TokenGroups(4, 4) },
        { 7, 10, new TokenGroups(4, 4) },
        { 5, 9, new TokenGroups(9, 9) },
        { 12, 12, new TokenGroups(4, 4, 3) },
        { 13, 25, new TokenGroups(4, 3, 2) },
        { 7, 10, new TokenGroups(3, 4, 3) },
        { 6, 6, new TokenGroups(6, 6) },
    };

    [Theory]
    [MemberData(nameof(Groupings))]
    public void Groups_hold_every_cell_once_in_the_order_that_is_described_and_give_the_map_back(int height, int width, TokenGroups groups)
    {
        const int Images = 2;
        TokenGrid grid = new(height, width);
        ComputeGraph graph = new();
        Value map = graph.Input("map", [Images, height, width, 1]);
        Value tokens = map.Group(groups);
        graph.Output("tokens", tokens);
        graph.Output("back", tokens.Ungroup(groups, grid));
        if (graph.PaddingMask(groups, grid) is Value padding)
        {
            graph.Output("mask", padding);
        }

        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        Span<float> input = plan.Input("map");
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = i + 1;
        }

        plan.Run();
        Assert.Equal(input.ToArray(), plan.Output("back").ToArray());

        int count = groups.Count(grid);
        int members = groups.Height * groups.Width;
        Assert.Equal([Images * count, members, 1], tokens.Shape);
        float[] got = plan.Output("tokens").ToArray();
        float[] mask = plan.Graph.Outputs.ContainsKey("mask") ? plan.Output("mask").ToArray() : new float[count * members];
        HashSet<float> seen = [];
        for (int i = 0; i < got.Length; i++)
        {
            (int image, int token) = Math.DivRem(i, count * members);
            (int row, int column) = groups.Cell(grid, token / members, token % members);
            bool inside = row < height && column < width;
            Assert.Equal(inside ? (((image * height) + row) * width) + column + 1 : 0, got[i]);
            Assert.Equal(inside ? 0 : -1e6f, mask[token]);
            Assert.True(!inside || seen.Add(got[i]), $"cell ({row}, {column}) is in two groups");
        }

        Assert.Equal(Images * height * width, seen.Count);
    }

    [Fact]
    public void Position_bias_depends_on_weights_alone_and_is_no_part_of_a_run()
    {
        Network network = ModelRegistry.Create("crossformer_t");
        using ParameterStore state = new(network);
        using WorkerPool pool = new(1);
        using Plan plan = ModelPlans.Inference(network, pool, 1, 224, 224);
        Assert.Contains(plan.Graph.Nodes, IsPosition);
        Assert.DoesNotContain(plan.Profile(), call => call.Node is Node node && IsPosition(node));
        Assert.Contains(plan.Profile(), call => call.Node is Node node && node.Path.Contains("attn.qkv", StringComparison.Ordinal));

        static bool IsPosition(Node node) => node.Path.Contains("attn.pos", StringComparison.Ordinal);
    }

    [Fact]
    public void Images_of_the_native_size_are_neither_padded_nor_masked_and_the_last_stage_moves_nothing()
    {
        Network network = ModelRegistry.Create("crossformer_t");
        using ParameterStore state = new(network);
        ComputeGraph graph = new();
        network.Forward(graph.Input("images", [1, 224, 224, 3]));
        Assert.DoesNotContain(graph.Nodes, node => node.Operation is Pad);
        Assert.All(AttentionDescription.Of(graph), attention => Assert.Null(attention.Bias.Mask));
        Assert.Contains(graph.Nodes, node => node.Operation is Permute && node.Path == "layers.2.blocks.0.attn");
        Assert.DoesNotContain(graph.Nodes, node => node.Operation is Permute && node.Path == "layers.3.blocks.0.attn");
    }

    [Fact]
    public void Position_bias_between_two_cells_does_not_depend_on_the_size_of_their_group()
    {
        DynamicPositionBias position = new(channels: 96, heads: 3);
        using ParameterStore state = new(position);
        state.Initialize(4);
        ComputeGraph graph = new();
        graph.Output("small", position.Forward(graph, 2, 5));
        graph.Output("large", position.Forward(graph, 4, 7));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        plan.Run();
        for (int head = 0; head < 3; head++)
        {
            for (int query = 0; query < 10; query++)
            {
                for (int key = 0; key < 10; key++)
                {
                    float small = plan.Output("small")[(((head * 10) + query) * 10) + key];
                    float large = plan.Output("large")[(((head * 28) + InLarge(query)) * 28) + InLarge(key)];
                    Assert.Equal(small, large, 1e-6f);
                }
            }
        }

        Assert.NotEqual(plan.Output("small")[1], plan.Output("small")[10]);

        // The small group lies within the large one, a row below and two columns right of its corner.
        static int InLarge(int cell) => (((cell / 5) + 1) * 7) + (cell % 5) + 2;
    }

    [Fact]
    public void Both_kinds_of_long_distance_agree_until_a_map_is_larger_than_a_super_cell()
    {
        Assert.InRange(Difference(40, 48), 0, 1e-4f);
        Assert.InRange(Difference(64, 96), 1e-3f, float.MaxValue);

        static float Difference(int height, int width)
        {
            float[][] maps = [.. new[] { LongDistance.Grid, LongDistance.Interval }.Select(kind => Stage1(kind, height, width))];
            return maps[0].Zip(maps[1], (grid, interval) => Math.Abs(grid - interval)).Max();
        }

        static float[] Stage1(LongDistance kind, int height, int width)
        {
            Network network = new(new CrossFormer(_small with { LongDistance = kind, Stages = [_small.Stages[0]], Dense = true }));
            using ParameterStore state = new(network);
            state.Initialize(6);
            foreach (string key in state.Tensors.Keys.Where(key => key.EndsWith("qkv.weight", StringComparison.Ordinal)))
            {
                // Fresh weights hardly attend at all.
                foreach (ref float value in state.Tensors[key].Variable.Data)
                {
                    value *= 20;
                }
            }

            using Plan plan = ModelPlans.Marked(network, height, width, "stage1");
            return plan.Output("stage1").ToArray();
        }
    }

    [Fact]
    public void A_small_image_does_not_change_how_later_ones_are_grouped()
    {
        Network network = new(new CrossFormer(_small));
        using ParameterStore state = new(network);
        TokenGroups?[] before = Groups(128);
        TokenGroups?[] small = Groups(16);
        Assert.NotEqual(before, small);
        Assert.Equal(before, Groups(128));
        Assert.All(small, groups => Assert.Equal(1, groups!.Interval));
        Assert.Equal([1, 3, 1, 2, 1, 1, 2], before.Select(groups => groups!.Interval));

        TokenGroups?[] Groups(int side)
        {
            ComputeGraph graph = new();
            network.Forward(graph.Input("images", [1, side, side, 3]));
            return [.. AttentionDescription.Of(graph).Select(attention => attention.Tokens.Groups)];
        }
    }

    [Theory]
    [InlineData("crossformer_b", "")]
    [InlineData("crossformer_pp_b", "2.2 2.5 2.8 2.11 2.14")]
    [InlineData("crossformer_pp_h", "0.2 1.2 2.2 2.5 2.8 2.11 2.14")]
    public void Every_third_block_cools_but_the_last_of_a_stage(string name, string expected)
    {
        using ParameterStore state = new(ModelRegistry.Create(name, new ModelOptions(Height: 32, Width: 32)));
        Assert.Equal(
            expected.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            state.Tensors.Keys.Where(key => key.EndsWith("ex_conv.weight", StringComparison.Ordinal))
                .Select(key => $"{key.Split('.')[1]}.{key.Split('.')[3]}"));
    }

    [Fact]
    public void A_dense_backbone_marks_its_maps_pools_the_last_one_and_has_no_classifier()
    {
        Network network = new(new CrossFormer(_small with { Dense = true }));
        Assert.Null(network.Head);
        using ParameterStore state = new(network);
        ComputeGraph graph = new();
        Value pooled = network.Forward(graph.Input("images", [1, 49, 82, 3]));
        Assert.Equal([1, 128], pooled.Shape);
        Assert.Same(graph.Marks[Backbone.Pooled], pooled);
        Assert.Equal([1, 3, 5, 128], graph.Marks["stage3"].Shape);
        Assert.Equal([1, 12, 20, 32], graph.Marks["stage1"].Shape);
        Assert.DoesNotContain(
            state.Tensors.Keys,
            key => key.StartsWith("norm", StringComparison.Ordinal) || key.StartsWith("head", StringComparison.Ordinal));
    }

    [Fact]
    public void Dropout_stands_behind_the_embedding_the_projections_and_the_layers_of_the_feed_forward_networks()
    {
        Network network = new(new CrossFormer(_small with { Dropout = 0.1f, AttentionDropout = 0.1f }));
        using ParameterStore state = new(network);
        ComputeGraph graph = new(training: true);
        network.Forward(graph.Input("images", [1, 64, 64, 3]));
        Assert.Equal(
            ["", .. Enumerable.Repeat<string[]>(["attn", "attn", "mlp", "mlp"], 7).SelectMany(paths => paths)],
            graph.Nodes.Where(node => node.Operation is Dropout).Select(node => node.Path.Split('.')[^1]));
    }

    [Fact]
    public void A_kernel_that_has_no_common_centre_with_the_stride_is_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new CrossFormer(_small with { PatchKernels = [4, 7] }));
        Assert.Contains("Kernel 7", error.Message, StringComparison.Ordinal);
    }
}
