using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class LayerDecayTests
{
    [Theory]
    [InlineData("cmt_nano", "stem_conv1.weight", "blocks_a.0.", "_fc.weight")]
    [InlineData("cmt_ti_flyegle", "stem.", "stage1.block_list.0.", "fc.weight")]
    [InlineData("patchconvnet_s60", "patch_embed.proj.0.0.weight", "blocks.0.", "norm.weight")]
    [InlineData("pit_ti", "patch_embed.conv.weight", "transformers.0.blocks.0.", "norm.weight")]
    [InlineData("pit_lucidrains", "to_patch_embedding.2.weight", "layers.0.layers.0.", "mlp_head.0.weight")]
    [InlineData("crossformer_t", "patch_embed.projs.0.weight", "layers.0.blocks.0.", "norm.weight")]
    [InlineData("botnet50", "conv1.weight", "layer1.0.", "layer4.2.conv1.weight")]
    [InlineData("resnet50", "conv1.weight", "layer1.0.", "layer4.2.conv1.weight")]
    public void Layers_are_the_stem_the_blocks_in_their_order_and_the_head(string name, string stem, string firstBlock, string last)
    {
        using Model model = Model.Create(name, new ModelOptions(3));
        IReadOnlyDictionary<string, int> layers = LayerDecay.Layers(model);
        Assert.Equal(model.Parameters.Weights.Variables.Count, layers.Count);
        AllAre(0, stem);
        AllAre(1, firstBlock);
        int head = layers.Values.Max();
        Assert.Equal(model.Network.HeadKeys.Order(), layers.Where(layer => layer.Value == head).Select(layer => layer.Key).Order());
        Assert.Equal(head - 1, layers[last]);
        Assert.Equal(Enumerable.Range(0, head + 1), layers.Values.Distinct().Order());

        void AllAre(int layer, string prefix) => Assert.All(
            layers.Where(weight => weight.Key.StartsWith(prefix, StringComparison.Ordinal)), weight => Assert.Equal(layer, weight.Value));
    }

    [Theory]
    [InlineData("pit_ti", 14)]
    [InlineData("resnet50", 16)]
    [InlineData("botnet50", 16)]
    [InlineData("cmt_ti", 16)]
    [InlineData("crossformer_t", 16)]
    [InlineData("patchconvnet_s60", 61)]
    public void Every_block_is_a_layer(string name, int blocks)
    {
        using Model model = Model.Create(name, new ModelOptions(3));
        Assert.Equal(blocks + 1, LayerDecay.Layers(model).Values.Max());
    }

    [Fact]
    public void Rates_fall_from_the_head_to_the_stem_by_the_same_factor()
    {
        using Model model = Model.Create("pit_ti", new ModelOptions(3));
        IReadOnlyList<ParameterGroup> groups = LayerDecay.Groups(model, 0.5);
        Assert.Equal(Math.Pow(0.5, 15), RateOf("patch_embed.conv.weight"));
        Assert.Equal(Math.Pow(0.5, 14), RateOf("transformers.0.blocks.0.mlp.fc1.bias"));
        Assert.Equal(0.5, RateOf("transformers.2.blocks.3.attn.qkv.weight"));
        Assert.Equal(1, RateOf("head.weight"));

        double RateOf(string key)
        {
            Variable variable = model.Parameters.Tensors[key].Variable;
            return groups.Where(group => group.Applies(variable)).Aggregate(1.0, (product, group) => product * group.RateFactor);
        }
    }

    [Fact]
    public void Freezing_stages_freezes_all_that_their_maps_depend_on_and_no_more()
    {
        foreach (string name in new[] { "cmt_nano", "patchconvnet_s60", "pit_ti", "crossformer_t", "botnet50" })
        {
            using Model model = Model.Create(name, new ModelOptions(3));
            int stages = model.Network.Stages.Count;
            int all = model.Parameters.Weights.Variables.Count;
            int before = 0;
            Assert.Equal(0, model.FreezeStages(0));
            for (int stage = 1; stage <= stages; stage++)
            {
                int frozen = model.FreezeStages(stage);
                Assert.InRange(frozen, before + 1, all);
                Assert.Equal(all - frozen, model.Parameters.Trained.Count);
                before = frozen;
            }

            Assert.All(model.Network.HeadKeys, key => Assert.True(model.Parameters.Tensors[key].Variable.Trainable));
            Assert.Throws<ArgumentOutOfRangeException>(() => model.FreezeStages(stages + 1));
        }

        using Model resnet = Model.Create("resnet50", new ModelOptions(3));
        resnet.FreezeStages(2);
        Assert.Equal(
            ["bn1", "conv1", "layer1", "layer2"],
            resnet.Parameters.Weights.Variables
                .Where(weight => !weight.Trainable)
                .Select(weight => weight.Name.Split('.')[0])
                .Distinct()
                .Order());
    }
}
