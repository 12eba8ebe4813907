using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;
using Interpolation = Fovea.Data.Interpolation;

namespace Fovea.Tests.Checkpoints;

public sealed class CheckpointImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int, string> Cases() => new()
    {
        { "cmt_nano", 32, "official" },
        { "pit_ti", 64, "official" },
        { "pit_ti", 64, "timm" },
        { "pit_ti_distilled", 64, "timm-0.8" },
        { "pit_lucidrains", 56, "fn-wrapper" },
        { "crossformer_s", 32, "official" },
        { "patchconvnet_s60", 32, "official" },
        { "patchconvnet_s60_multi", 32, "official" },
        { "botnet50", 64, "official" },
        { "botnet50", 64, "lucidrains" },
        { "resnet50", 32, "official" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_file_under_any_known_names_gives_the_same_logits_bit_for_bit_and_goes_back(string model, int side, string scheme)
    {
        (Network network, ParameterStore state) = StateFiles.Fresh(model, new ModelOptions(10, side, side));
        using (state)
        {
            string path = _folder.File("weights.pth");
            StateFiles.Write(path, state, StateFiles.Scheme(scheme).NameOf);
            using CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(model));
            Assert.Equal(scheme, import.Match.Scheme.Name);
            Assert.Empty(import.Match.Resized);
            Assert.Equal(10, import.Network.Classes);
            float[] logits = StateFiles.Logits(network, side);
            Assert.Equal(logits, StateFiles.Logits(import.Network, side));

            string own = _folder.File("own.safetensors");
            import.Save(own);
            (ModelInfo info, Network loadedNetwork, ParameterStore loaded) = Checkpoint.Open(own);
            using (loaded)
            {
                Assert.Equal((model, 10, "class 9"), (info.Name, info.Classes.Count, info.Classes[9]));
                Assert.Equal(logits, StateFiles.Logits(loadedNetwork, side));
            }

            string back = _folder.File("back.pt");
            using CheckpointImport again = CheckpointImport.Open(own);
            again.SavePyTorch(back, StateFiles.Scheme(scheme));
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(back));
        }
    }

    [Theory]
    [InlineData("cmt_nano", 32, 64)]
    [InlineData("pit_ti", 64, 96)]
    [InlineData("botnet50", 64, 96)]
    public void The_size_is_told_by_the_tables_and_another_one_resizes_them(string model, int side, int wished)
    {
        (Network network, ParameterStore state) = StateFiles.Fresh(model, new ModelOptions(10, side, side));
        using (state)
        {
            string path = _folder.File("weights.pth");
            StateFiles.Write(path, state);
            using (CheckpointImport same = CheckpointImport.Open(path, new ImportOptions(model)))
            {
                Assert.Equal((side, side), (same.Network.Height, same.Network.Width));
            }

            using CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(model, Size: (wished, wished)));
            Assert.Equal((wished, wished), (import.Network.Height, import.Network.Width));
            Assert.NotEmpty(import.Match.Resized);
            Assert.All(
                StateFiles.Logits(network, wished).Zip(StateFiles.Logits(import.Network, wished)),
                pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    [Theory]
    [InlineData("cmt_nano", 32)]
    [InlineData("patchconvnet_s60_multi", 32)]
    [InlineData("pit_ti_distilled", 64)]
    public void Another_number_of_classes_keeps_all_but_the_classifier_which_is_fresh(string model, int side)
    {
        (_, ParameterStore state) = StateFiles.Fresh(model, new ModelOptions(10, side, side));
        using (state)
        {
            string path = _folder.File("weights.pth");
            StateFiles.Write(path, state);
            using CheckpointImport import = CheckpointImport.Open(
                path, new ImportOptions(model, Classes: 3, Labels: ["a", "b", "c"], Seed: 9));
            Assert.Equal(["a", "b", "c"], import.Info.Classes);
            Assert.NotEmpty(import.Match.Reinitialized);
            using ParameterStore fresh = new(ModelRegistry.Create(model, new ModelOptions(3, side, side)));
            fresh.Initialize(9);
            foreach ((string name, Parameter tensor) in import.Model.Parameters.Tensors)
            {
                ParameterStore origin = import.Match.Reinitialized.Contains(name) ? fresh : state;
                Assert.True(tensor.Variable.Data.SequenceEqual(origin.Tensors[name].Variable.Data), name);
            }

            Assert.Throws<LabelCountException>(() => CheckpointImport.Open(path, new ImportOptions(model, Labels: ["a", "b"])).Dispose());
        }
    }

    [Fact]
    public void A_checkpoint_of_Fovea_keeps_its_classes_and_preprocessing()
    {
        using ParameterStore state = new(ModelRegistry.Create("cmt_nano", new ModelOptions(3)));
        Preprocessing preprocessing = new() { Height = 32, Width = 32, ResizeTo = 40, Mean = [0.1f, 0.2f, 0.3f] };
        string path = _folder.File("own.safetensors");
        SafeTensor memory = SafeTensor.FromFloats("training.average.head.weight", [1], new float[1]);
        Checkpoint.Save(path, new ModelInfo("cmt_nano", new ModelOptions(3, 32, 32), ["x", "y", "z"], preprocessing), state, [memory]);
        using (CheckpointImport import = CheckpointImport.Open(path))
        {
            Assert.Equal(["x", "y", "z"], import.Info.Classes);
            Assert.Equal(preprocessing, import.Info.Preprocessing);
        }

        using CheckpointImport larger = CheckpointImport.Open(path, new ImportOptions(Classes: 2, Size: (64, 64)));
        Assert.Equal(["class 0", "class 1"], larger.Info.Classes);
        Assert.Equal((64, 80), (larger.Info.Preprocessing.Height, larger.Info.Preprocessing.ResizeTo));
    }

    [Fact]
    public void Leftovers_wrappers_and_missing_counters_do_no_harm_but_what_is_not_the_networks_is_refused()
    {
        (Network network, ParameterStore state) = StateFiles.Fresh("crossformer_s", new ModelOptions(10, 32, 32));
        using (state)
        {
            string path = _folder.File("legacy.pth");
            SafeTensor bias = SafeTensor.FromFloats("module.layers.0.blocks.0.attn.biases", [169, 2], new float[338]);
            SafeTensor operations = SafeTensor.FromFloats("module.total_ops", [1], new float[1]);
            StateFiles.Write(path, state, name => "module." + name, bias, operations);
            using (CheckpointImport import = CheckpointImport.Open(path, new ImportOptions("crossformer_s", Size: (32, 32))))
            {
                Assert.Equal(["layers.0.blocks.0.attn.biases", "total_ops"], import.Match.IgnoredKeys);
                Assert.Equal(StateFiles.Logits(network), StateFiles.Logits(import.Network));
            }

            StateFiles.Write(path, state, others: SafeTensor.FromFloats("neck.weight", [1], new float[1]));
            Assert.Contains(
                "neck.weight",
                Assert.Throws<InvalidFileException>(() => CheckpointImport.Open(path).Dispose()).Message,
                StringComparison.Ordinal);
        }

        (Network counted, ParameterStore statistics) = StateFiles.Fresh("cmt_nano", new ModelOptions(10));
        using (statistics)
        {
            string path = _folder.File("counters.safetensors");
            StateFiles.Write(path, statistics, name => name.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? null : name);
            using CheckpointImport import = CheckpointImport.Open(path);
            Assert.Equal(StateFiles.Logits(counted), StateFiles.Logits(import.Network));
            Assert.Equal(
                0, import.Model.Parameters.Tensors.First(tensor => tensor.Value.Kind == ParameterKind.Counter).Value.Variable.Data[0]);
        }
    }

    [Fact]
    public void A_detectors_backbone_loads_with_a_fresh_classifier_that_must_be_asked_for()
    {
        (_, ParameterStore state) = StateFiles.Fresh("crossformer_s", new ModelOptions(10, 32, 32));
        using (state)
        {
            string path = _folder.File("detector.pth");
            KeyScheme dense = StateFiles.Scheme("dense");
            SafeTensor neck = SafeTensor.FromFloats("neck.lateral.weight", [1], new float[1]);
            StateFiles.Write(path, state, name => dense.NameOf(name) is string inner ? "backbone." + inner : null, neck);
            Assert.Contains(
                new Remedy.SetClasses(), Assert.Throws<InvalidFileException>(() => CheckpointImport.Open(path).Dispose()).Remedies);
            using CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(Classes: 5));
            Assert.Equal(
                ("crossformer_s", "dense", "backbone"), (import.Info.Name, import.Match.Scheme.Name, import.Match.Weights.KeyPath));
            Assert.Equal(["norm.weight", "norm.bias", "head.weight", "head.bias"], import.Match.Reinitialized);
            Assert.All(import.Model.Parameters.Tensors["norm.weight"].Variable.Data.ToArray(), value => Assert.Equal(1, value));
        }
    }

    [Theory]
    [InlineData("cmt_ti", 160, 182, Interpolation.Bicubic)]
    [InlineData("cmt_xs", 192, 219, Interpolation.Bicubic)]
    [InlineData("cmt_b", 256, 292, Interpolation.Bicubic)]
    [InlineData("pit_s", 224, 248, Interpolation.Bicubic)]
    [InlineData("patchconvnet_s60", 384, 438, Interpolation.Bicubic)]
    [InlineData("crossformer_b", 224, 256, Interpolation.Bicubic)]
    [InlineData("resnet50", 224, 256, Interpolation.Bilinear)]
    public void Images_are_prepared_as_the_published_figures_ask(string model, int side, int resizeTo, Interpolation interpolation)
    {
        Preprocessing preprocessing = PublishedPreprocessing.Of(model, side, side);
        Assert.Equal((side, resizeTo, interpolation), (preprocessing.Height, preprocessing.ResizeTo, preprocessing.Interpolation));
    }
}
