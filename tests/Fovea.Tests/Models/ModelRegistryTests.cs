using Fovea.Checkpoints;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;
using Fovea.Onnx;
using Fovea.Tests.Training;
using Fovea.Training;

namespace Fovea.Tests.Models;

public sealed class ModelRegistryTests
{
    static ModelRegistryTests()
    {
        ModelRegistry.Add(MixerBackbone.Variants, config => new MixerBackbone(config));
        ModelRegistry.Add("test_mixer_two_layers", options =>
        {
            MixerBackbone backbone = new((MixerConfig)new MixerConfig(8).With(options));
            return new Network(backbone, new TwoLayerHead(backbone.Channels, backbone.Config.Classes));
        });
    }

    [Fact]
    public void The_nearest_names_come_first_and_old_names_count_as_well()
    {
        Assert.Equal("cmt_xs", ModelRegistry.Nearest("cmtxs")[0]);
        Assert.Equal("cmt_b_flyegle", ModelRegistry.Nearest("CMT_B-flyegle")[0]);
        Assert.Equal("cmt_b_flyegle", ModelRegistry.Nearest("cmt_b_articel")[0]);
        Assert.Equal(2, ModelRegistry.Nearest("resnet", count: 2).Count);
        Assert.Contains(
            "cmt_nano",
            Assert.Throws<ArgumentException>(() => ModelRegistry.Create("cmt_nan")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cmt_ti_article", "cmt_ti_flyegle", typeof(CmtFlyEgle))]
    [InlineData("cmt_b_article", "cmt_b_flyegle", typeof(CmtFlyEgle))]
    [InlineData("pit_article", "pit_lucidrains", typeof(PitLucidrains))]
    [InlineData("botnet50_article", "botnet50_leaderj1001", typeof(ResNet))]
    public void Old_names_create_what_they_were_and_are_not_listed(string old, string present, Type family)
    {
        Assert.DoesNotContain(old, ModelRegistry.Names);
        Assert.Contains(present, ModelRegistry.Names);
        Assert.Equal(present, ModelRegistry.Resolve(old));
        Assert.IsType(family, ModelRegistry.Create(old).Backbone);
        Assert.Equal(present, new ModelSignature(old).Model);
    }

    [Fact]
    public void A_name_that_is_taken_is_refused_and_none_of_its_family_is_added()
    {
        foreach (string taken in new[] { "cmt_s", "cmt_s_article", "test_mixer_8" })
        {
            Assert.Contains(
                $"'{taken}'",
                Assert.Throws<ArgumentException>(() => ModelRegistry.Add(taken, _ => throw new NotSupportedException())).Message,
                StringComparison.Ordinal);
        }

        OrderedDictionary<string, MixerConfig> variants = new() { ["test_free"] = new(4), ["resnet50"] = new(4) };
        Assert.Throws<ArgumentException>(() => ModelRegistry.Add(variants, config => new MixerBackbone(config)));
        Assert.False(ModelRegistry.Contains("test_free"));
        Assert.Throws<ArgumentException>(() => ModelRegistry.Add(" ", _ => throw new NotSupportedException()));
    }

    [Fact]
    public void Many_threads_may_add_and_create_at_the_same_time()
    {
        Parallel.For(0, 32, i =>
        {
            MixerConfig config = new(4 + i);
            ModelRegistry.Add($"test_parallel_{i}", options => new Network(new MixerBackbone((MixerConfig)config.With(options))));
            Assert.Equal(4 + i, ModelRegistry.Create($"test_parallel_{i}").Backbone.Channels);
            Assert.Contains($"test_parallel_{i}", ModelRegistry.Names);
        });
    }

    [Fact]
    public void A_model_that_was_added_has_a_signature_like_ours()
    {
        ModelSignature signature = new("test_mixer_12", new ModelOptions(Classes: 9));
        Assert.Equal(["head.weight", "head.bias"], signature.Tensors.Keys.Where(signature.IsOfClasses));
        Assert.Equal(0, signature.ClassAxis("head.weight"));
        Assert.Equal(["position"], signature.Tensors.Keys.Where(signature.IsOfSize));
        Assert.Equal(32, signature.SideFor("position", 8 * 8 * 12));
        Assert.Null(signature.SideFor("position", (8 * 8 * 12) + 1));
        ModelSignature layers = new("test_mixer_two_layers");
        Assert.Equal(
            ["hidden.weight", "hidden.bias", "classifier.weight", "classifier.bias"],
            layers.Tensors.Keys.Where(layers.IsOfClasses));
        Assert.Null(layers.ClassAxis("hidden.weight"));
        Assert.Equal(0, layers.ClassAxis("classifier.weight"));
    }

    [Fact]
    public void A_model_that_was_added_is_trained_loaded_again_and_exported_by_its_name()
    {
        using TinyRun run = new();
        RunFolder folder = run.NewFolder("mixer");
        run.Train(TinyRun.Options with { Model = "test_mixer_8", Epochs = 1 }, folder);
        using Model trained = Checkpoint.Load(folder.BestCheckpointPath);
        Assert.IsType<MixerBackbone>(trained.Network.Backbone);
        Assert.Equal("test_mixer_8", trained.Info.Name);
        Assert.Equal(run.Training.Classes, trained.Info.Classes);
        float[] fresh = new float[trained.Parameters.Tensors["head.bias"].Shape.Elements];
        Assert.NotEqual(fresh, trained.Parameters.Tensors["head.bias"].Variable.Data.ToArray());
        using MemoryStream file = new();
        OnnxExport.Write(file, trained);
        Assert.True(file.Length > 4 * trained.Parameters.ParameterCount);
    }

    [Fact]
    public void A_model_that_was_added_is_saved_and_loaded_also_at_another_size()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("mixer.safetensors");
        ModelOptions options = new(Classes: 2);
        using Model model = Model.Create("test_mixer_two_layers", options, seed: 4);
        Checkpoint.Save(path, model.Info, model.Parameters);
        (ModelInfo info, Network network, ParameterStore parameters) = Checkpoint.Open(path, (32, 24));
        using (parameters)
        {
            Assert.Equal(("test_mixer_two_layers", 2, 32, 24), (info.Name, network.Classes, network.Height, network.Width));
            Assert.Equal([1, 8, 6, 8], parameters.Tensors["position"].Shape);
            Assert.Equal(
                model.Parameters.Tensors["classifier.weight"].Variable.Data.ToArray(),
                parameters.Tensors["classifier.weight"].Variable.Data.ToArray());
        }
    }
}
