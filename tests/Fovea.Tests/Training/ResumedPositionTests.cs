using System.Text.Json.Nodes;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class ResumedPositionTests : IDisposable
{
    private readonly TinyRun _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void A_position_that_no_run_reaches_is_refused()
    {
        RunFolder folder = _runs.NewFolder("run");
        _runs.Train(TinyRun.Options, folder);
        byte[] whole = File.ReadAllBytes(folder.LastCheckpointPath);
        (string Name, JsonNode Value)[] nonsense =
        [
            ("Epoch", -1), ("Epoch", 9), ("Epoch", 1), ("Batch", -3), ("Batch", 1), ("Batch", int.MaxValue), ("Step", -1), ("Step", 7),
            ("Step", long.MaxValue), ("Shown", -8), ("Shown", 4), ("Seconds", -1), ("EpochSeconds", -2), ("Samples", 23),
            ("Sums", new JsonArray(1, 2, 3, 4)),
        ];
        foreach ((string name, JsonNode value) in nonsense)
        {
            File.WriteAllBytes(folder.LastCheckpointPath, whole);
            Change(folder.LastCheckpointPath, name, value);
            InvalidFileException error = Assert.Throws<InvalidFileException>(() => _runs.Train(TinyRun.Options, folder, resume: true));
            Assert.Contains(folder.LastCheckpointPath, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Options_that_contradict_the_checkpoint_are_refused()
    {
        RunFolder folder = _runs.NewFolder("run");
        _runs.Train(TinyRun.Options with { Epochs = 1 }, folder);
        TrainingOptions[] others =
        [
            TinyRun.Options with { Optimizer = OptimizerKind.Sgd },
            TinyRun.Options with { EmaDecay = 0 },
            TinyRun.Options with { BatchSize = 4 },
        ];
        foreach (TrainingOptions options in others)
        {
            Assert.Throws<InvalidFileException>(() => _runs.Train(options, folder, resume: true));
        }
    }

    [Fact]
    public void A_configuration_of_a_model_that_cannot_be_made_is_refused()
    {
        RunFolder folder = _runs.NewFolder("run");
        foreach (TrainingOptions options in new[]
        {
            TinyRun.Options with { Model = "cmt_nothing" },
            TinyRun.Options with { Model = "cmt_ti" },
            TinyRun.Options with { Preprocessing = TinyRun.Options.Preprocessing with { Height = 33, Width = 33 } },
        })
        {
            folder.WriteConfig(new RunConfiguration("images", null, options));
            string message = Assert.Throws<InvalidFileException>(folder.ReadConfig).Message;
            Assert.Contains("its model cannot be made", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_finished_run_goes_on_with_more_epochs()
    {
        RunFolder folder = _runs.NewFolder("run");
        _runs.Train(TinyRun.Options, folder);
        _runs.Train(TinyRun.Options with { Epochs = 3 }, folder, resume: true);
        Assert.Equal([1, 2, 3], folder.ReadMetrics().Select(line => (int)line["epoch"]!));
    }

    private static void Change(string path, string name, JsonNode value)
    {
        TestCheckpoint.Rewrite(path, path + ".changed", changeMetadata: metadata =>
        {
            JsonObject position = JsonNode.Parse(metadata["fovea.training"])!.AsObject();
            position[name] = value.DeepClone();
            metadata["fovea.training"] = position.ToJsonString();
        });
        File.Move(path + ".changed", path, overwrite: true);
    }
}
