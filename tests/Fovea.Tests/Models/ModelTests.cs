using System.Numerics.Tensors;
using Fovea.Engine;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Models;

public sealed class ModelTests
{
    [Fact]
    public void A_model_runs_batches_of_any_size_and_shape_that_its_network_takes()
    {
        using Model model = Model.Create("cmt_nano", new ModelOptions(Classes: 5), seed: 3);
        Assert.Equal(("cmt_nano", 5, 32), (model.Info.Name, model.Info.Classes.Count, model.Info.Preprocessing.Height));
        Tensor<float> three = Images(3, 32, 32);
        Tensor<float> logits = model.Run(three);
        Assert.Equal([3, 5], logits.Lengths.ToArray());

        // Each image by itself gives what it gives among others, and a shape that was there before gives the same bits.
        float[] one = [.. model.Run(Part(three, 1))];
        Assert.All(one.Zip(logits.Skip(5)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.Equal(logits, model.Run(three));
        Assert.Equal([2, 5], model.Run(Images(2, 40, 64)).Lengths.ToArray());
        Assert.Contains("33×32", Assert.Throws<ShapeException>(() => model.Run(Images(1, 33, 32))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "(32, 32, 3)",
            Assert.Throws<ShapeException>(() => model.Run(Tensor.Create<float>(new float[32 * 32 * 3], [32, 32, 3]))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_weights_are_used_after_a_refresh()
    {
        using Model model = Model.From(new Network(new MixerBackbone(new MixerConfig(8) { Classes = 2 })));
        float before = model.Run(Images(1, 16, 16))[0, 0];
        model.Parameters.Tensors["head.bias"].Variable.Data[0] += 1;
        model.Refresh();
        Assert.Equal(before + 1, model.Run(Images(1, 16, 16))[0, 0], 1e-5f);
    }

    [Fact]
    public void Without_classes_a_model_gives_pooled_features_and_has_no_classifier()
    {
        using Model model = Model.Create("resnet50", new ModelOptions(Classes: 0, Height: 32, Width: 32));
        Assert.Null(model.Network.Head);
        Assert.Empty(model.Info.Classes);
        Assert.DoesNotContain("fc.weight", model.Parameters.Tensors.Keys);
        Assert.Equal([2, 2048], model.Run(Images(2, 32, 32)).Lengths.ToArray());
    }

    [Fact]
    public void A_new_head_keeps_the_backbones_values()
    {
        Model model = Model.Create("cmt_nano", seed: 3);
        model.Parameters.Tensors["stem_norm1.running_mean"].Variable.Data.Fill(0.5f);
        Dictionary<string, float[]> before = Values(model);
        using Model retrained = model.WithHead(4, ["a", "b", "c", "d"], seed: 8);
        Assert.Equal((4, 4), (retrained.Network.Classes, retrained.Info.Options.Classes));
        Assert.Equal(["a", "b", "c", "d"], retrained.Info.Classes);
        Dictionary<string, float[]> after = Values(retrained);
        Assert.Equal(before.Keys, after.Keys);
        Assert.Equal(["head.weight", "head.bias"], retrained.Network.HeadKeys);
        Assert.All(
            after.Where(tensor => !tensor.Key.StartsWith("head.", StringComparison.Ordinal)),
            tensor => Assert.Equal(before[tensor.Key], tensor.Value));
        Assert.Equal(4 * 256, after["head.weight"].Length);
        Assert.Contains(after["head.weight"], value => value != 0);

        // The one before has given everything away.
        Assert.Throws<ObjectDisposedException>(() => model.Run(Images(1, 32, 32)));
        Assert.Throws<ObjectDisposedException>(() => model.WithHead(2));
        model.Dispose();
        Assert.Equal([1, 4], retrained.Run(Images(1, 32, 32)).Lengths.ToArray());
    }

    [Fact]
    public void A_head_of_ones_own_and_none_at_all_take_the_place_of_the_familys()
    {
        Model model = Model.From(new Network(new MixerBackbone(new MixerConfig(8) { Classes = 2 })), seed: 1);
        Assert.Equal(("MixerBackbone", "class 1"), (model.Info.Name, model.Info.Classes[1]));
        float[] kept = model.Parameters.Tensors["patches.weight"].Variable.Data.ToArray();
        model = model.WithHead(new TwoLayerHead(model.Network.Backbone.Channels, 7));
        Assert.Equal(["hidden.weight", "hidden.bias", "classifier.weight", "classifier.bias"], model.Network.HeadKeys);
        Assert.Equal(
            [0, 0],
            model.Parameters.Tensors.Values.Where(tensor => tensor.ClassAxis is not null).Select(tensor => tensor.ClassAxis!.Value));
        Assert.Equal([2, 7], model.Run(Images(2, 16, 16)).Lengths.ToArray());
        model = model.WithHead(0);
        Assert.Equal([2, 8], model.Run(Images(2, 16, 16)).Lengths.ToArray());
        Assert.Equal(kept, model.Parameters.Tensors["patches.weight"].Variable.Data.ToArray());
        model = model.WithHead(3);
        Assert.Equal(["head.weight", "head.bias"], model.Network.HeadKeys);
        model.Dispose();
    }

    [Fact]
    public void Heads_that_do_not_fit_are_refused_and_leave_the_model_as_it_was()
    {
        using Model model = Model.From(new Network(new MixerBackbone(new MixerConfig(8) { Classes = 2 })), seed: 1);
        Assert.Contains("2 classes", Assert.Throws<ArgumentException>(() => model.WithHead(2, ["one"])).Message, StringComparison.Ordinal);
        Assert.Contains(
            "norm.weight",
            Assert.Throws<ArgumentException>(() => model.WithHead(new LinearHead(8, 2, "norm"))).Message,
            StringComparison.Ordinal);
        Assert.Equal([1, 2], model.Run(Images(1, 16, 16)).Lengths.ToArray());
        ArgumentException perClass =
            Assert.Throws<ArgumentException>(() => Model.Create("patchconvnet_s60_multi", new ModelOptions(Classes: 0)));
        Assert.Contains("needs classes", perClass.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_of_another_model_is_refused()
    {
        LinearHead head = new(8, 2);
        using Model owner = Model.From(new Network(new MixerBackbone(new MixerConfig(8)), head));
        using Model model = Model.From(new Network(new MixerBackbone(new MixerConfig(8) { Classes = 2 })));
        Assert.Throws<InvalidOperationException>(() => model.WithHead(head));
        Assert.Equal([1, 2], model.Run(Images(1, 16, 16)).Lengths.ToArray());
    }

    [Fact]
    public void A_frozen_backbone_stays_frozen_under_a_new_head_which_is_trained()
    {
        Model model = Model.Create("cmt_nano");
        int frozen = model.FreezeBackbone();
        Assert.Equal(model.Parameters.Weights.Variables.Count - 2, frozen);
        model = model.WithHead(3);
        Assert.Equal(["head.weight", "head.bias"], model.Parameters.Trained.Select(variable => variable.Name));
        Assert.Equal(2, model.Freeze(key => key.StartsWith("head.", StringComparison.Ordinal)));
        Assert.Empty(model.Parameters.Trained);
        model.Dispose();
    }

    [Fact]
    public void A_network_with_a_token_for_each_class_gets_new_tokens_with_its_new_head()
    {
        Model model = Model.Create("patchconvnet_s60_multi", new ModelOptions(Classes: 2, Height: 32, Width: 32), seed: 1);
        float[] kept = model.Parameters.Tensors["blocks.3.norm1.weight"].Variable.Data.ToArray();
        using Model retrained = model.WithHead(5);
        Assert.Equal([1, 5, 384], retrained.Parameters.Tensors["cls_token"].Shape);
        Assert.Contains("head.4.weight", retrained.Parameters.Tensors.Keys);
        Assert.Equal(kept, retrained.Parameters.Tensors["blocks.3.norm1.weight"].Variable.Data.ToArray());
    }

    [Fact]
    public void A_distilled_networks_features_hold_both_tokens_and_its_head_reads_one_each()
    {
        Network network = ModelRegistry.Create("pit_ti_distilled", new ModelOptions(Classes: 3));
        using ParameterStore parameters = new(network);
        ComputeGraph graph = new();
        network.Forward(graph.Input("images", [2, 224, 224, 3]));
        Assert.Equal([2, 512], graph.Marks[Backbone.Pooled].Shape);
        Assert.Equal(512, network.Backbone.Channels);
        Assert.Equal([2, 3], graph.Marks["logits_dist"].Shape);
        Assert.Equal(["head.weight", "head.bias", "head_dist.weight", "head_dist.bias"], network.HeadKeys);
    }

    private static Dictionary<string, float[]> Values(Model model) =>
        model.Parameters.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Variable.Data.ToArray());

    private static Tensor<float> Images(int count, int height, int width)
    {
        KeyedRandom random = new(4, 2);
        float[] values = new float[count * height * width * 3];
        foreach (ref float value in values.AsSpan())
        {
            value = (float)random.NextDouble(-2, 2);
        }

        return Tensor.Create(values, [count, height, width, 3]);
    }

    private static Tensor<float> Part(Tensor<float> images, int index)
    {
        int length = (int)(images.FlattenedLength / images.Lengths[0]);
        return Tensor.Create([.. images.Skip(index * length).Take(length)], [1, images.Lengths[1], images.Lengths[2], 3]);
    }
}
