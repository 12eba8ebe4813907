using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Classifiers that begin with the backbone of another.</summary>
public sealed class BackboneFromTests : IDisposable
{
    private readonly TinyRun _run = new();

    [Fact]
    public void A_network_with_a_token_for_each_class_begins_with_the_trunk_of_one_with_a_single_token()
    {
        string single = Write("patchconvnet_nano");
        TrainingOptions options = TinyRun.Options with
        {
            Model = "patchconvnet_nano_multi",
            BackboneFrom = single,
            FreezeBackbone = true,
            Epochs = 1,
            DropPath = null,
            Dropout = null,
        };
        RunFolder folder = _run.NewFolder("multi");
        _run.Train(options, folder);
        using Model trained = Checkpoint.Load(folder.LastCheckpointPath);
        using Model beginning = Checkpoint.Load(single);
        using Model fresh = Model.Create(options.Model, trained.Info.Options, seed: options.Seed);
        string[] trunk = ["patch_embed.proj.0.0.weight", "blocks.11.attn.qkv_pos.2.weight", "blocks_token_only.0.attn.q.weight"];
        foreach (string name in trunk)
        {
            Assert.Equal(Values(beginning, name), Values(trained, name));
            Assert.NotEqual(Values(fresh, name), Values(trained, name));
        }

        Assert.Equal([1, trained.Info.Classes.Count, 128], trained.Parameters.Tensors["cls_token"].Shape);
        Assert.Equal(Values(fresh, "cls_token"), Values(trained, "cls_token"));
    }

    [Fact]
    public void A_classifier_on_another_backbone_is_refused_by_both_names()
    {
        TrainingOptions options = TinyRun.Options with { BackboneFrom = Write("botnet_nano") };
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => _run.Train(options, _run.NewFolder("other")));
        Assert.Contains("of botnet_nano, is not that of cmt_nano", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _run.Dispose();

    private static float[] Values(Model model, string name) => model.Parameters.Tensors[name].Variable.Data.ToArray();

    private string Write(string name)
    {
        string path = _run.File($"{name}.safetensors");
        ModelOptions options = new(Height: TinyImages.Side, Width: TinyImages.Side);
        using Model model = Model.Create(name, options, seed: 3);
        Checkpoint.Save(path, model);
        return path;
    }
}
