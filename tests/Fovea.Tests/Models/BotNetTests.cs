using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Golden;

namespace Fovea.Tests.Models;

public sealed class BotNetTests
{
    [Fact]
    public void A_position_embedding_of_zero_leaves_attention_by_content_alone()
    {
        float[] content = Attend(BottleneckPosition.None, fill: null);
        Assert.Equal(content, Attend(BottleneckPosition.Relative, fill: 0));
        Assert.All(content.Zip(Attend(BottleneckPosition.Absolute, fill: 0)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.NotEqual(content, Attend(BottleneckPosition.Relative, fill: null));
    }

    [Fact]
    public void A_position_embedding_that_is_the_same_for_every_offset_changes_nothing()
    {
        // Softmax does not see what is added to a whole row.
        Assert.All(
            Attend(BottleneckPosition.Relative, fill: 0).Zip(Attend(BottleneckPosition.Relative, fill: 0.7f)),
            pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData(4, 6)]
    [InlineData(5, 7)]
    [InlineData(1, 3)]
    public void A_strided_block_halves_any_map_as_its_shortcut_does(int height, int width)
    {
        ResNetConfig config = new([1, 1, 1, 1]);
        Bottleneck block = new(config, 8, 4, stride: 2, new BottleneckAttentionConfig { Heads = 2, HeadWidth = 2 }, (height, width));
        using ParameterStore state = new(block);
        ComputeGraph graph = new();
        Value map = block.Forward(graph.Input("map", [1, height, width, 8]));
        Assert.Equal([1, (height + 1) / 2, (width + 1) / 2, 16], map.Shape);
    }

    [Fact]
    public void The_mean_of_an_odd_map_counts_the_positions_that_there_are()
    {
        BottleneckAttention attention =
            new(new BottleneckAttentionConfig { Heads = 1, HeadWidth = 2, Position = BottleneckPosition.None }, 2, (3, 3), stride: 2);
        using ParameterStore state = new(attention);

        // Values are ones wherever the attention looks.
        state.Tensors["qkv.weight"].Variable.Data.Clear();
        state.Tensors["qkv.weight"].Variable.Data[8..].Fill(0.5f);
        ComputeGraph graph = new();
        graph.Output("mean", attention.Forward(graph.Filled([1, 3, 3, 2], 1)));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        plan.Run();
        Assert.All(plan.Output("mean").ToArray(), value => Assert.Equal(1, value, 1e-6f));
    }

    [Theory]
    [InlineData("botnet50", 20_852_008, 4_017_833_984)]
    [InlineData("botnet50_leaderj1001", 20_875_560, 4_017_833_984)]
    [InlineData("resnet18", 11_689_512, 1_814_073_344)]
    [InlineData("resnet34", 21_797_672, 3_663_761_408)]
    [InlineData("resnet50", 25_557_032, 4_089_184_256)]
    [InlineData("resnet50_v1c", 25_576_264, 4_328_824_832)]
    [InlineData("botnet_t3", 30_500_696, 7_216_291_840)]
    [InlineData("resnet200", 64_673_832, 15_007_481_856)]
    [InlineData("botnet200", 59_968_808, 14_936_131_584)]
    public void Published_variants_have_their_published_cost(string name, long parameters, long multiplyAdds) =>
        Assert.Equal((parameters, multiplyAdds), NetworkSummary.Count(ModelRegistry.Create(name)));

    [Fact]
    public void Options_that_do_not_go_together_are_refused_by_name()
    {
        Refused(new ResNetConfig([1, 1, 1, 1]) { BasicBlocks = true, Attention = new BottleneckAttentionConfig() }, "BasicBlocks");
        Refused(new ResNetConfig([1, 1, 1, 1]) { MaxPooledStages = true }, "MaxPooledStages");
        Refused(new ResNetConfig([1, 1, 1, 1]) { BasicBlocks = true, Widths = [64, 128] }, "Widths has 2 entries for 4 stages");

        static void Refused(ResNetConfig config, string word) =>
            Assert.Contains(word, Assert.Throws<ArgumentException>(() => new ResNet(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_have_the_widths_that_are_given()
    {
        ResNetConfig config = new([1, 1, 1], 32, 32) { SmallImages = true, BasicBlocks = true, Widths = [64, 256, 192] };
        Assert.Equal([64, 256, 192], new ResNet(config).Stages.Select(stage => stage.Channels));
        using ParameterStore state = new(new Network(new ResNet(config)));
        Assert.Equal([192, 3, 3, 256], state.Tensors["layer3.0.conv1.weight"].Shape);
    }

    [Theory]
    [InlineData(6, 6, new[] { 7f, 9, 11, 19, 21, 23, 31, 33, 35 })]
    [InlineData(5, 3, new[] { 4f, 5, 10, 11, 13, 14 })]
    [InlineData(1, 2, new[] { 1f })]
    public void A_max_pooled_stage_keeps_the_largest_of_the_positions_under_each_window(int height, int width, float[] largest)
    {
        // Each convolution passes its middle on, each normalisation its input, and nothing comes by the shortcut.
        BasicBlock block = new(new ResNetConfig([1]) { BasicBlocks = true, MaxPooledStages = true, NormEpsilon = 0 }, 1, 1, stride: 2);
        using ParameterStore state = new(block);
        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            bool isFactor = name is "bn1.weight" or "bn2.weight" || name.EndsWith("running_var", StringComparison.Ordinal);
            tensor.Variable.Data.Fill(isFactor ? 1 : 0);
            if (name is "conv1.weight" or "conv2.weight")
            {
                tensor.Variable.Data[4] = 1;
            }
        }

        ComputeGraph graph = new();
        graph.Output("map", block.Forward(graph.Input("x", [1, height, width, 1])));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        Enumerable.Range(0, height * width).Select(i => (float)i).ToArray().CopyTo(plan.Input("x"));
        plan.Run();
        Assert.Equal(largest, plan.Output("map").ToArray());
    }

    [Theory]
    [InlineData(AttentionStages.C4)]
    [InlineData(AttentionStages.C4 | AttentionStages.C5)]
    public void Attention_can_stand_in_the_third_stage_or_in_both(AttentionStages stages)
    {
        ResNetConfig config = new([1, 1, 2, 1], 64, 96) { Attention = new BottleneckAttentionConfig { Stages = stages } };
        Network network = new(new ResNet(config));
        using ParameterStore state = new(network);
        string[] attending = [.. state.Tensors.Keys.Where(key => key.EndsWith("qkv.weight", StringComparison.Ordinal))];
        bool both = stages.HasFlag(AttentionStages.C5);
        Assert.Equal(both ? 3 : 2, attending.Length);
        Assert.Equal([3 * 256, 1, 1, 256], state.Tensors["layer3.1.conv2.qkv.weight"].Shape);

        // The first block of the third stage attends before it halves, at an eighth of the image; the second at a sixteenth.
        Assert.Equal([(2 * 8) - 1, 64], state.Tensors["layer3.0.conv2.pos_embed.height_rel"].Shape);
        Assert.Equal([(2 * 6) - 1, 64], state.Tensors["layer3.1.conv2.pos_embed.width_rel"].Shape);
        Assert.Equal(both, state.Tensors.ContainsKey("layer4.0.conv2.qkv.weight"));
    }

    [Theory]
    [InlineData(AttentionStages.C4)]
    [InlineData(AttentionStages.C4 | AttentionStages.C5)]
    public void A_network_that_attends_in_the_third_stage_keeps_the_map_sizes(AttentionStages stages)
    {
        ResNetConfig config = new([1, 1, 2, 1], 64, 96) { Attention = new BottleneckAttentionConfig { Stages = stages } };
        Network network = new(new ResNet(config));
        using ParameterStore state = new(network);
        state.Initialize(1);
        using WorkerPool pool = new(1);
        ComputeGraph graph = InferenceGraph.Build(network, 1);
        Assert.Equal([1, 4, 6, 1024], graph.Marks["stage3"].Shape);
        using Plan plan = Plan.Compile(graph, pool);
        plan.Input(InferenceGraph.Images).Fill(0.5f);
        plan.Run();
        Assert.All(plan.Output("logits").ToArray(), logit => Assert.True(float.IsFinite(logit)));
    }

    private static float[] Attend(BottleneckPosition position, float? fill)
    {
        BottleneckAttention attention = new(new BottleneckAttentionConfig { Heads = 2, HeadWidth = 4, Position = position }, 6, (3, 5));
        using ParameterStore state = new(attention);
        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            bool isPosition = name.StartsWith("pos", StringComparison.Ordinal);
            if (isPosition && fill is float number)
            {
                tensor.Variable.Data.Fill(number);
            }
            else
            {
                // The projection has the same weights under either of its names.
                GoldenFill.Tensor(isPosition ? name : "weight", tensor.Shape).CopyTo(tensor.Variable.Data);
            }
        }

        ComputeGraph graph = new();
        graph.Output("attended", attention.Forward(graph.Input("map", [2, 3, 5, 6])));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        GoldenFill.Tensor("input", [2, 3, 5, 6]).CopyTo(plan.Input("map"));
        plan.Run();
        return plan.Output("attended").ToArray();
    }
}
