using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Tests.Cli;

public sealed class DatasetVerbTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_validation_part_chooses_and_the_test_part_is_measured_at_the_end()
    {
        TinyImages.Write(_folder.File("data/train"), 8);
        TinyImages.Write(_folder.File("data/val"), 2, seed: 2);
        TinyImages.Write(_folder.File("data/test"), 3, seed: 3);
        JsonObject answer = await Train("data");
        Assert.Equal(("test", 9), ((string)answer["evaluatedOn"]!, (int)answer["images"]!));
        JsonObject line = Assert.Single(RunFolder.Open(_folder.File("run")).ReadMetrics());
        Assert.True(line.ContainsKey("top1"));
        Assert.Equal((double)answer["top1"]!, (double)line["testTop1"]!);
        Assert.Contains("evaluated on 9 images", File.ReadAllText(_folder.File("run/report.html")), StringComparison.Ordinal);

        // A finished run that is resumed measures again.
        await CliRun.Succeeds("train", "--resume", "--out", _folder.File("run"));
        Assert.Equal(
            (double)answer["top1"]!, (double)Assert.Single(RunFolder.Open(_folder.File("run")).ReadMetrics())["testTop1"]!);
    }

    [Fact]
    public async Task A_run_of_version_0_1_0_goes_on_with_the_test_part_that_chose()
    {
        RunFolder run = RunFolder.Open(trained.Run);
        RunConfiguration now = run.ReadConfig();
        Assert.False(now.TestChooses);
        Assert.Equal((21, 3, 9), Counts(now));
        string old = _folder.File("old");
        Directory.CreateDirectory(old);
        JsonObject config = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(run.ConfigPath))!;
        config.Remove("testChooses");
        await File.WriteAllTextAsync(Path.Combine(old, "config.json"), config.ToJsonString());
        Assert.Equal((24, 9, -1), Counts(RunFolder.Open(old).ReadConfig()));
    }

    [Fact]
    public async Task Notes_on_the_data_are_part_of_the_answer()
    {
        TinyImages.Write(_folder.File("data/train"), 8);
        TinyImages.Write(_folder.File("data/test"), 1);
        foreach (string name in new[] { "apple", "bread", "cloud" })
        {
            File.Move(_folder.File($"data/test/{name}/00.png"), _folder.File($"data/test/{name}.png"));
            Directory.Delete(_folder.File($"data/test/{name}"));
        }

        JsonObject answer = await Train("data");
        Assert.Contains("test/ has 3 images but no class folders", (string)answer["notes"]![0]!, StringComparison.Ordinal);
        Assert.Equal("validation", (string)answer["evaluatedOn"]!);
    }

    [Fact]
    public async Task The_default_batch_shrinks_to_the_images_there_are()
    {
        TinyImages.Write(_folder.File("data"), 4);
        (int exitCode, _, string error) = await CliRun.Run(
            ["train", _folder.File("data"), "--size", "16", "--epochs", "1", "--threads", "1", "--out", _folder.File("run")]);
        Assert.Equal(ExitCodes.Success, exitCode);
        Assert.Contains("batches of 9 images instead of 64", error, StringComparison.Ordinal);
        Assert.Equal(9, RunFolder.Open(_folder.File("run")).ReadConfig().Options.BatchSize);
    }

    [Fact]
    public async Task Unreadable_images_are_named_and_passed_over_up_to_the_limit()
    {
        TinyImages.Write(_folder.File("data"), 8);
        File.WriteAllText(_folder.File("data/bread/03.png"), "<html>");
        File.WriteAllBytes(_folder.File("data/cloud/05.png"), []);
        await CliRun.Fails(ExitCodes.BadInput, ["--max-bad 2"], [.. Arguments("data"), "--validation-fraction", "0"]);
        JsonObject answer = await CliRun.Succeeds(
            [.. Arguments("data"), "--overwrite", "--max-bad", "2", "--validation-fraction", "0"]);
        Assert.Equal(["bread/03.png", "cloud/05.png"], answer["unreadable"]!.AsArray().Select(name => (string)name!));
        string checkpoint = _folder.File("run/best.safetensors");
        JsonObject evaluation = await CliRun.Succeeds("evaluate", checkpoint, _folder.File("data"), "--max-bad", "2");
        Assert.Equal((22, 2), ((int)evaluation["images"]!, evaluation["unreadable"]!.AsArray().Count));
        await CliRun.Fails(ExitCodes.BadInput, ["--max-bad"], "evaluate", checkpoint, _folder.File("data"), "--max-bad", "1");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--max-bad"], "evaluate", checkpoint, _folder.File("data"), "--max-bad", "-1");
    }

    [Fact]
    public async Task Classes_of_another_set_are_evaluated_where_they_are_common()
    {
        TinyImages.Write(_folder.File("fewer"), 3, 1, "apple", "bread");
        TinyImages.Write(_folder.File("more"), 3, 1, "apple", "bread", "cloud", "date");
        await CliRun.Fails(ExitCodes.BadInput, ["cloud", "--classes common"], "evaluate", trained.Checkpoint, _folder.File("fewer"));
        foreach ((string set, int classes, int leftOut) in new[] { ("fewer", 2, 0), ("more", 3, 3) })
        {
            JsonObject answer = await CliRun.Succeeds("evaluate", trained.Checkpoint, _folder.File(set), "--classes", "common");
            Assert.Equal(classes, answer["classes"]!.AsArray().Count);
            Assert.Equal((classes, leftOut, classes * 3), ((int)answer["commonClasses"]!, (int)answer["leftOut"]!, (int)answer["images"]!));
            Assert.True(double.IsFinite((double)answer["loss"]!));
        }
    }

    [Fact]
    public async Task A_classifier_of_as_many_other_classes_begins_fresh()
    {
        TinyImages.Write(_folder.File("same"), 8);
        TinyImages.Write(_folder.File("other"), 8, 1, "x", "y", "z");
        foreach ((string set, bool fresh) in new[] { ("same", false), ("other", true) })
        {
            (int exitCode, _, string error) = await CliRun.Run(
                [.. Arguments(set), "--overwrite", "--from", trained.Checkpoint, "--learning-rate", "1e-9", "--warm-up", "0"]);
            Assert.Equal(ExitCodes.Success, exitCode);
            Assert.Equal(fresh, error.Contains("begins fresh", StringComparison.Ordinal));
            float[] head = Head(_folder.File("run/best.safetensors"));
            double distance = Head(trained.Checkpoint).Zip(head, (one, other) => Math.Abs(one - other)).Max();
            Assert.Equal(fresh, distance > 1e-3);
        }
    }

    private static float[] Head(string checkpoint)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(checkpoint);
        float[] values = new float[file.Info("head.weight").Count];
        file.ReadFloats("head.weight", values);
        return values;
    }

    private static (int Training, int Validation, int Test) Counts(RunConfiguration configuration)
    {
        using Fovea.Data.DatasetParts parts = configuration.OpenData();
        return (parts.Training.Count, parts.Validation?.Count ?? -1, parts.Test?.Count ?? -1);
    }

    private Task<JsonObject> Train(string data) => CliRun.Succeeds(Arguments(data));

    private string[] Arguments(string data) =>
        ["train", _folder.File(data), "--size", "16", "--batch", "8", "--epochs", "1", "--threads", "1", "--out", _folder.File("run")];
}
