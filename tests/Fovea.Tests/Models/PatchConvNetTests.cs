using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

public sealed class PatchConvNetTests
{
    private static readonly PatchConvNetConfig _tiny = new(16, 2, LayerScale: 1) { Classes = 5 };

    [Theory]
    [InlineData("patchconvnet_s60", 25_231_096, 224, 3_979_469_568)]
    [InlineData("patchconvnet_s60", 25_231_096, 384, 11_682_586_368)]
    [InlineData("patchconvnet_s60", 25_231_096, 512, 20_764_155_648)]
    [InlineData("patchconvnet_s120", 47_723_896, 224, 7_492_700_928)]
    [InlineData("patchconvnet_b60", 99_388_936, 224, 15_803_008_512)]
    [InlineData("patchconvnet_b120", 188_611_336, 224, 29_774_648_832)]
    [InlineData("patchconvnet_l60", 176_009_576, 224, 28_043_184_128)]
    [InlineData("patchconvnet_l120", 334_294_376, 512, 275_776_514_048)]
    [InlineData("patchconvnet_s60_multi", 25_614_712, 224, 5_308_019_712)]
    [InlineData("patchconvnet_s60_bn", 25_231_096, 224, 3_979_469_568)]
    public void Every_variant_has_the_parameters_and_multiply_adds_of_the_original(
        string name, long parameters, int side, long multiplyAdds) =>
        Assert.Equal(
            (parameters, multiplyAdds),
            NetworkSummary.Count(ModelRegistry.Create(name, new ModelOptions(Height: side, Width: side))));

    [Theory]
    [InlineData(128, 288)]
    [InlineData(50, 97)]
    [InlineData(1, 33)]
    public void An_image_on_its_side_gives_the_same_logits_where_kernels_do_not_tell_rows_from_columns(int height, int width)
    {
        Network network = new(new PatchConvNet(_tiny));
        using ParameterStore state = ModelPlans.Fresh(network);
        foreach (Parameter tensor in state.Tensors.Values)
        {
            MakeSymmetric(tensor);
        }

        // 8×18 positions could be folded into 12×12, which the official code does.
        using Plan upright = ModelPlans.Marked(network, height, width, "stage1");
        using Plan turned = ModelPlans.Marked(network, width, height, "stage1");
        for (int i = 0; i < height * width * 3; i++)
        {
            (int pixel, int channel) = Math.DivRem(i, 3);
            (int row, int column) = Math.DivRem(pixel, width);
            turned.Input("images")[(((column * height) + row) * 3) + channel] = upright.Input("images")[i];
        }

        turned.Run();
        Assert.Equal([1, (height + 15) / 16, (width + 15) / 16, 16], upright.Graph.Outputs["stage1"].Shape);
        for (int i = 0; i < network.Classes; i++)
        {
            Assert.Equal(upright.Output("logits")[i], turned.Output("logits")[i], 1e-4);
        }
    }

    [Fact]
    public void Each_class_of_the_per_class_network_reads_its_own_token()
    {
        Network network = new(new PatchConvNet(_tiny with { PerClass = true }));
        using ParameterStore state = ModelPlans.Fresh(network);
        float[] before = Logits();
        state.Tensors["head.3.bias"].Variable.Data[0] += 1;
        state.Tensors["cls_token"].Variable.Data.Slice(16, 16).Fill(0.5f);
        float[] after = Logits();
        for (int i = 0; i < before.Length; i++)
        {
            if (i == 1)
            {
                Assert.NotEqual(before[i], after[i]);
            }
            else
            {
                Assert.Equal(i == 3 ? before[i] + 1 : before[i], after[i], 1e-5);
            }
        }

        float[] Logits()
        {
            using Plan plan = ModelPlans.Marked(network, 40, 56);
            return plan.Output("logits").ToArray();
        }
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void A_single_class_token_sees_itself_and_tokens_of_classes_see_the_map_alone(bool perClass, int seen)
    {
        Network network = new(new PatchConvNet(_tiny with { PerClass = perClass }));
        using ParameterStore state = new(network);
        ComputeGraph graph = new();
        network.Forward(graph.Input("images", [1, 40, 56, 3]));
        AttentionDescription attention = Assert.Single(AttentionDescription.Of(graph));
        Assert.Equal(new AttentionTokens(new TokenGrid(0, 0, perClass ? 5 : 1), new TokenGrid(3, 4, seen)), attention.Tokens);
        Assert.Equal("blocks_token_only.0.attn", attention.Path);
    }

    [Fact]
    public void Batch_normalisation_is_in_the_trunk_only()
    {
        foreach ((string name, PatchConvNetConfig config) in PatchConvNet.Variants.Where(variant => variant.Value.BatchNorm))
        {
            Assert.Matches("_(bn|nano|nano_multi)$", name);
            using ParameterStore state = new(new PatchConvNet(config with { Channels = 16 }));
            string[] statistics = [.. state.Tensors.Keys.Where(key => key.EndsWith("running_mean", StringComparison.Ordinal))];
            Assert.Equal(Enumerable.Range(0, config.Depth).Select(i => $"blocks.{i}.norm1.running_mean"), statistics);
        }
    }

    [Fact]
    public void Drop_path_has_one_rate_throughout_the_trunk_and_none_in_the_aggregation()
    {
        Network network = new(new PatchConvNet(_tiny with { DropPath = 0.3f }));
        using ParameterStore state = new(network);
        ComputeGraph graph = new(training: true);
        network.Forward(graph.Input("images", [1, 32, 32, 3]));
        Assert.Equal([0.3f, 0.3f], graph.Nodes.Select(node => node.Operation).OfType<Dropout>().Select(drop => drop.Rate));
    }

    /// <summary>Makes every 3×3 kernel equal to itself turned over its diagonal.</summary>
    private static void MakeSymmetric(Parameter tensor)
    {
        Shape shape = tensor.Shape;
        bool dense = shape.Rank == 4 && shape[1] == 3;
        if (!dense && !(shape.Rank == 3 && shape[0] == 3))
        {
            return;
        }

        Span<float> values = tensor.Variable.Data;
        int channels = shape.Last;
        for (int kernel = 0; kernel < values.Length; kernel += 9 * channels)
        {
            for (int row = 0; row < 3; row++)
            {
                for (int column = 0; column < row; column++)
                {
                    values.Slice(kernel + (((3 * row) + column) * channels), channels)
                        .CopyTo(values.Slice(kernel + (((3 * column) + row) * channels), channels));
                }
            }
        }
    }
}
