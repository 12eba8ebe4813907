using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

public sealed class PitTests
{
    private static readonly PitConfig _tiny = new(8, 4, [new(8, 2, 2), new(24, 1, 3)], 40, 40) { Classes = 5 };

    [Theory]
    [InlineData("pit_ti", 4_847_272, 699_059_456)]
    [InlineData("pit_xs", 10_618_888, 1_394_699_136)]
    [InlineData("pit_s", 23_461_912, 2_870_796_096)]
    [InlineData("pit_b", 73_764_840, 12_401_916_928)]
    [InlineData("pit_ti_distilled", 5_104_336, 704_967_680)]
    [InlineData("pit_xs_distilled", 11_003_984, 1_406_909_952)]
    [InlineData("pit_s_distilled", 24_039_056, 2_896_646_400)]
    [InlineData("pit_b_distilled", 74_790_096, 12_482_355_712)]
    [InlineData("pit_lucidrains", 47_499_752, 17_321_982_976)]
    public void Every_variant_has_the_parameters_and_multiply_adds_of_the_original(string name, long parameters, long multiplyAdds) =>
        Assert.Equal((parameters, multiplyAdds), NetworkSummary.Count(ModelRegistry.Create(name)));

    [Fact]
    public void A_distilled_networks_logits_are_the_mean_of_its_classifiers()
    {
        Network network = new(new Pit(_tiny with { Distilled = true }));
        using ParameterStore state = ModelPlans.Fresh(network);
        using Plan plan = ModelPlans.Marked(network, 40, 40, "logits_cls", "logits_dist");
        Assert.Equal(["logits_cls", "logits_dist"], network.Head!.Classifiers);
        for (int i = 0; i < network.Classes; i++)
        {
            float first = plan.Output("logits_cls")[i];
            float second = plan.Output("logits_dist")[i];
            Assert.NotEqual(first, second);
            Assert.Equal((first + second) / 2, plan.Output("logits")[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(40, 40)]
    [InlineData(24, 52)]
    [InlineData(61, 33)]
    [InlineData(8, 8)]
    public void A_position_embedding_that_is_constant_stays_so_at_every_size(int height, int width)
    {
        Network network = new(new Pit(_tiny));
        using ParameterStore state = ModelPlans.Fresh(network);
        state.Tensors["pos_embed"].Variable.Data.Fill(0.25f);
        using Plan plan = ModelPlans.Marked(network, height, width, "patch_embed", "stem");
        ReadOnlySpan<float> before = plan.Output("patch_embed");
        Assert.Equal(_tiny.Patches(height) * _tiny.Patches(width) * 8, before.Length);
        for (int i = 0; i < before.Length; i++)
        {
            Assert.Equal(before[i] + 0.25f, plan.Output("stem")[i], 1e-5);
        }
    }

    [Fact]
    public void Drop_path_grows_over_all_blocks_and_stops_one_step_short_as_in_the_official_code()
    {
        Network network = new(new Pit(_tiny with { DropPath = 0.3f }));
        using ParameterStore state = new(network);
        ComputeGraph graph = new(training: true);
        network.Forward(graph.Input("input", [1, 40, 40, 3]));
        Assert.Equal([0.1f, 0.1f, 0.2f, 0.2f], graph.Nodes.Select(node => node.Operation).OfType<Dropout>().Select(drop => drop.Rate));
    }

    [Fact]
    public void The_class_token_alone_reaches_the_classifier_through_every_stage()
    {
        Network network = new(new Pit(_tiny));
        using ParameterStore state = new(network);
        ComputeGraph graph = new();
        network.Forward(graph.Input("input", [1, 40, 24, 3]));
        Assert.Equal(
            [new TokenGrid(9, 5, 1), new TokenGrid(9, 5, 1), new TokenGrid(5, 3, 1)],
            AttentionDescription.Of(graph).Select(attention => attention.Tokens.Queries));
        Assert.Equal([1, 24], graph.Marks[Backbone.Pooled].Shape);
    }

    [Fact]
    public void Lucidrains_network_reads_the_first_entries_of_its_position_embedding_for_a_smaller_image()
    {
        Network network = new(new PitLucidrains(new PitLucidrainsConfig(8, 8, [1, 1], [2, 2], 16, 40, 40) { Classes = 5, HeadWidth = 4 }));
        using ParameterStore state = ModelPlans.Fresh(network);
        float[] logits;
        using (Plan plan = ModelPlans.Marked(network, 24, 24))
        {
            logits = plan.Output("logits").ToArray();
        }

        int used = (1 + (5 * 5)) * 8;
        Span<float> embedding = state.Tensors["pos_embedding"].Variable.Data;
        Assert.Equal((1 + (9 * 9)) * 8, embedding.Length);
        embedding[used..].Fill(7);
        Assert.Equal(logits, Logits());
        embedding[used - 1] += 1;
        Assert.NotEqual(logits, Logits());

        float[] Logits()
        {
            using Plan plan = ModelPlans.Marked(network, 24, 24);
            return plan.Output("logits").ToArray();
        }
    }

    [Fact]
    public void Lucidrains_network_says_that_it_takes_squares_up_to_its_own_size()
    {
        PitLucidrainsConfig config = PitLucidrains.Variants["pit_lucidrains"];
        ShapeException error = Assert.Throws<ShapeException>(() => new PitLucidrains(config with { Height = 224, Width = 112 }));
        Assert.Contains("both sides must be equal, from 14 to 224 pixels", error.Message, StringComparison.Ordinal);
        Assert.False(new PitLucidrains(config).Sizes.Fits(238, 238));
    }
}
