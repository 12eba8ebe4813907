using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

/// <summary>Variants in which one idea of a paper is left out.</summary>
public sealed class AblationTests
{
    [Fact]
    public void Cmt_without_local_perception_has_no_convolution_in_front_of_its_attention()
    {
        string[] missing = Missing("cmt_nano", "cmt_nano_no_local_perception");
        Assert.NotEmpty(missing);
        Assert.All(missing, key => Assert.Matches(@"^blocks_[abc]\.\d\.proj\.(weight|bias)$", key));
        Assert.Empty(Missing("cmt_nano_no_local_perception", "cmt_nano"));
    }

    [Fact]
    public void Cmt_without_the_shortcut_adds_once_less_in_each_block()
    {
        Assert.Empty(Missing("cmt_nano", "cmt_nano_no_shortcut"));
        int blocks = ((CmtConfig)ModelRegistry.Create("cmt_nano").Backbone.Config).Stages.Sum(stage => stage.Depth);
        Assert.Equal(blocks, Additions("cmt_nano") - Additions("cmt_nano_no_shortcut"));
    }

    [Fact]
    public void Cmt_with_full_keys_attends_to_every_position()
    {
        Assert.Contains(Attentions("cmt_nano"), attention => attention.Tokens.Keys != attention.Tokens.Queries);
        Assert.All(Attentions("cmt_nano_full_keys"), attention => Assert.Equal(attention.Tokens.Queries, attention.Tokens.Keys));
    }

    [Fact]
    public void PatchConvNet_with_average_pooling_gives_the_mean_of_its_map_without_an_attention()
    {
        Assert.Single(Attentions("patchconvnet_nano"));
        Assert.Empty(Attentions("patchconvnet_nano_average_pooling"));
        Assert.All(
            Missing("patchconvnet_nano", "patchconvnet_nano_average_pooling"),
            key => Assert.True(key == "cls_token" || key.StartsWith("blocks_token_only.0.", StringComparison.Ordinal), key));
    }

    [Fact]
    public void PatchConvNet_with_a_linear_stem_sees_each_patch_by_itself()
    {
        ComputeGraph graph = Graph("patchconvnet_nano_linear_stem");
        Assert.Equal([1, 8, 8, 128], graph.Marks["stem"].Shape);
        using ParameterStore state = new(ModelRegistry.Create("patchconvnet_nano_linear_stem"));
        Assert.Equal(4 * 4 * 3 * 128, state.Tensors["patch_embed.proj.weight"].Shape.Elements);
    }

    [Fact]
    public void A_PatchConvNet_with_fewer_convolutions_in_its_stem_says_the_stride_of_its_map()
    {
        Network network = ModelRegistry.Create("patchconvnet_nano");
        Assert.Equal(4, network.Stages[0].Stride);
        Assert.Equal([1, 8, 8, 128], Graph("patchconvnet_nano").Marks["stage1"].Shape);
    }

    [Fact]
    public void A_PiT_of_one_stage_is_a_plain_vision_transformer()
    {
        IReadOnlyList<AttentionDescription> attentions = Attentions("pit_nano_vit");
        Assert.Equal(2, Attentions("pit_nano").Select(attention => attention.Tokens.Queries).Distinct().Count());
        Assert.Single(attentions.Select(attention => attention.Tokens.Queries).Distinct());
        Assert.InRange(Cost("pit_nano_vit") / Cost("pit_nano"), 0.9, 1.1);
    }

    [Fact]
    public void CrossFormer_with_short_distance_attention_never_looks_over_an_interval()
    {
        Assert.Contains(Attentions("crossformer_nano"), attention => attention.Tokens.Groups is { Interval: > 1 });
        Assert.All(Attentions("crossformer_nano_short_distance"), attention => Assert.Equal(1, attention.Tokens.Groups?.Interval ?? 1));
    }

    [Fact]
    public void CrossFormer_of_one_scale_has_one_kernel_in_each_embedding()
    {
        using ParameterStore state = new(ModelRegistry.Create("crossformer_nano_one_scale"));
        Assert.DoesNotContain(state.Tensors.Keys, key => key.Contains("projs.1", StringComparison.Ordinal));
        Assert.DoesNotContain(state.Tensors.Keys, key => key.Contains("reductions.1", StringComparison.Ordinal));
        Assert.Contains("patch_embed.projs.0.weight", state.Tensors.Keys);
    }

    [Fact]
    public void CrossFormer_without_a_position_bias_has_none_of_its_parameters()
    {
        string[] missing = Missing("crossformer_nano", "crossformer_nano_no_position_bias");
        Assert.NotEmpty(missing);
        Assert.All(missing, key => Assert.Contains(".attn.pos.", key, StringComparison.Ordinal));
    }

    [Fact]
    public void BoTNet_attends_by_content_or_by_position_alone()
    {
        Assert.All(Missing("botnet_nano", "botnet_nano_content"), key => Assert.Contains("pos_embed", key, StringComparison.Ordinal));
        using ParameterStore content = new(ModelRegistry.Create("botnet_nano_content"));
        using ParameterStore position = new(ModelRegistry.Create("botnet_nano_position"));
        const string projection = "layer3.1.conv2.qkv.weight";
        Assert.Equal(3 * position.Tensors[projection].Shape[0], 2 * content.Tensors[projection].Shape[0]);
        Assert.Contains("layer3.1.conv2.pos_embed.height_rel", position.Tensors.Keys);
    }

    [Fact]
    public void A_ResNet_for_small_images_halves_them_once_before_its_stages()
    {
        ComputeGraph graph = Graph("resnet_nano");
        Assert.Equal([1, 16, 16, 48], graph.Marks["stem"].Shape);
        Assert.Equal([1, 16, 16, 96], graph.Marks["stage1"].Shape);
        Assert.Equal([1, 4, 4, 384], graph.Marks["stage3"].Shape);
    }

    [Theory]
    [InlineData("cmt_nano")]
    [InlineData("patchconvnet_nano")]
    [InlineData("pit_nano")]
    [InlineData("crossformer_nano")]
    [InlineData("botnet_nano")]
    public void The_small_networks_stay_below_two_million_parameters(string name) =>
        Assert.InRange(NetworkSummary.Count(ModelRegistry.Create(name)).Parameters, 1, 2_000_000);

    private static double Cost(string name) => NetworkSummary.Count(ModelRegistry.Create(name)).MultiplyAdds;

    private static ComputeGraph Graph(string name)
    {
        Network network = ModelRegistry.Create(name);
        using ParameterStore state = new(network);
        ComputeGraph graph = new();
        network.Forward(graph.Input("images", [1, network.Height, network.Width, 3]));
        return graph;
    }

    private static IReadOnlyList<AttentionDescription> Attentions(string name) => AttentionDescription.Of(Graph(name));

    private static int Additions(string name) =>
        Graph(name).Nodes.Count(node => node.Operation is Binary { Kind: BinaryKind.Add });

    /// <summary>Keys of a model that another does not have.</summary>
    private static string[] Missing(string name, string ablated)
    {
        using ParameterStore whole = new(ModelRegistry.Create(name));
        using ParameterStore part = new(ModelRegistry.Create(ablated));
        return [.. whole.Tensors.Keys.Except(part.Tensors.Keys)];
    }
}
