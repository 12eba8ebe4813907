using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Models.Keys;
using Fovea.Tasks;
using Fovea.Tests.Library;
using Fovea.Training;

namespace Fovea.Tests.Checkpoints;

/// <summary>Files of version 0.1.0 are read as that version read them.</summary>
public sealed class EarlierVersionTests : IDisposable
{
    private static readonly string _run = Path.Combine(ChildProcess.Repository, "tests/Fovea.Tests/Checkpoints/files/run-0.1.0");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_checkpoint_predicts_as_it_did()
    {
        using Classifier classifier = Classifier.Load(Path.Combine(_run, "best.safetensors"));
        Assert.False(classifier.Info.Preprocessing.ApplyOrientation);
        Prediction[] predictions = [.. classifier.Predict(ImageFile.Read(Path.Combine(_run, "images/red/0.png")))];
        Assert.Equal(["red", "blue", "green"], predictions.Select(prediction => prediction.Class));
        Assert.Equal(0.80297f, predictions[0].Probability, 1e-4f);
        Assert.Equal(0.18770f, predictions[1].Probability, 1e-4f);
    }

    [Fact]
    public void A_configuration_loads_with_the_member_names_of_its_time()
    {
        File.Copy(Path.Combine(_run, "config.json"), _folder.File("config.json"));
        RunConfiguration config = RunFolder.Open(_folder.Path).ReadConfig();
        Assert.Equal(("images", null, "cmt_nano"), (config.Data, config.Validation, config.Options.Model));
        Assert.Equal(
            (1002, 6, OptimizerKind.Sgd, 0.05),
            (config.Options.Epochs, config.Options.BatchSize, config.Options.Optimizer, config.Options.LearningRate));
        Assert.Equal((1e-5, 0.0, 5UL), (config.Options.MinLearningRate, config.Options.EmaDecay, config.Options.Seed));
        Assert.Equal(
            (32, ResizeRule.Exact, 0.40528208f),
            (config.Options.Preprocessing.Width, config.Options.Preprocessing.Resize, config.Options.Preprocessing.Mean[2]));
        Assert.Equal((0.08, 2), (config.Options.Augmentation!.MinScale, config.Options.Augmentation.CropPadding));

        // That version set no image upright, and let a test part choose the best epoch.
        Assert.False(config.Options.Preprocessing.ApplyOrientation);
        Assert.True(config.TestChooses);
    }

    [Theory]
    [InlineData("cmt_ti_article")]
    [InlineData("pit_article")]
    [InlineData("botnet50_article")]
    public void Names_of_models_of_that_time_are_understood_in_metadata(string name)
    {
        ModelOptions options = new(3, 64, 64);
        string path = _folder.File("old.safetensors");
        Dictionary<string, string> metadata = new()
        {
            ["fovea.model"] = name,
            ["fovea.options"] = """{"Classes":3,"Height":64,"Width":64,"DropPath":null,"Dropout":null}""",
            ["fovea.classes"] = """["apple","bread","cloud"]""",
            ["fovea.preprocessing"] = new Preprocessing { Height = 64, Width = 64 }.ToJson(),
        };
        StateFiles.WriteOutline(path, new ModelSignature(name, options).Tensors, metadata);
        (ModelInfo info, Network network, Fovea.Layers.ParameterStore state) = Checkpoint.Open(path);
        state.Dispose();
        Assert.Equal((3, 64, "cloud"), (network.Classes, network.Height, info.Classes[2]));
        using CheckpointFile file = CheckpointFile.Open(path);
        Assert.Empty(new CheckpointDiagnosis(file).Problems);
    }
}
