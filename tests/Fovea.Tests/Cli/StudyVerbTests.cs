using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Training;

namespace Fovea.Tests.Cli;

public sealed class StudyVerbTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private const string Tiny = """{ "epochs": 1, "batchSize": 8, "preprocessing": { "height": 16, "width": 16 } }""";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Repeated_runs_tell_mean_and_spread_and_what_is_finished_is_not_repeated()
    {
        string[] train =
        [
            "train", trained.Data, "--size", "16", "--batch", "8", "--epochs", "1", "--seed", "5", "--threads", "1",
            "--out", _folder.File("runs"),
        ];
        JsonObject two = await CliRun.Succeeds([.. train, "--repeat", "2"]);
        double[] top1 = [.. two["runs"]!.AsArray().Select(run => (double)run!["score"]!)];
        Assert.Equal([5, 6], two["runs"]!.AsArray().Select(run => (int)run!["seed"]!));
        Assert.Equal(top1.Average(), (double)two["mean"]!, 12);
        Assert.Equal(top1.Max() - top1.Min(), (double)two["spread"]!, 12);
        Assert.Equal(6UL, RunFolder.OpenRead(_folder.File("runs/seed6")).ReadConfig().Options.Seed);

        // The second is lost before its end; the first must stay as it is.
        File.Delete(_folder.File("runs/seed6/result.json"));
        byte[] first = await File.ReadAllBytesAsync(_folder.File("runs/seed5/result.json"));
        JsonObject three = await CliRun.Succeeds([.. train, "--repeat", "3"]);
        Assert.Equal(first, await File.ReadAllBytesAsync(_folder.File("runs/seed5/result.json")));
        Assert.Equal(top1, three["runs"]!.AsArray().Take(2).Select(run => (double)run!["score"]!));

        await CliRun.Fails(
            ExitCodes.WrongUsage, ["seed5", "training.clipNorm", "5", "1", "--overwrite"], [.. train, "--repeat", "3", "--clip", "1"]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--repeat 0"], [.. train, "--repeat", "0"]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--resume"], [.. train, "--repeat", "3", "--resume"]);
    }

    [Fact]
    public void Runs_of_a_dense_model_are_compared_by_its_own_figure()
    {
        Seeds seeds = new(
        [
            .. new[] { 0.5, 0.25 }.Select(overlap => new RunResult
            {
                Segmentation = new SegmentationFigures(overlap, 1, 1, new Dictionary<string, double>()),
            }),
        ]);
        Assert.Equal(("mIoU", 0.375, 0.25), (seeds.Metric, seeds.Mean, seeds.Spread));
        JsonObject answer = [];
        seeds.Fill(answer, first: 7);
        Assert.Equal([0.5, 0.25], answer["runs"]!.AsArray().Select(run => (double)run!["score"]!));
    }

    [Fact]
    public async Task A_study_compares_changes_with_their_base_and_goes_on_where_it_was_stopped()
    {
        string study = Write($$"""
            {
              "description": "Whether augmentation | matters.",
              "base": { "recipe": "base.json", "seeds": 2 },
              "changes": [
                { "name": "no augmentation", "training": { "augmentation": null } },
                { "name": "SGD", "training": { "optimizer": "sgd", "learningRate": 0.05 } },
                { "name": "SGD, slow", "over": "SGD", "training": { "learningRate": 0.001 } }
              ]
            }
            """);
        File.WriteAllText(_folder.File("base.json"), $$"""{ "data": "{{trained.Data}}", "training": {{Tiny}} }""");
        string[] command = ["study", study, "--threads", "1", "--out", _folder.File("out")];

        // Stopped while the second seed of the base is trained.
        using CancellationTokenSource stop = new();
        using StoppingWriter writer = new("base, seed 1", stop);
        Assert.Equal(ExitCodes.Interrupted, (await CliRun.Run(command, writer, stop.Token)).ExitCode);
        Assert.True(File.Exists(_folder.File("out/base/seed0/result.json")));
        Assert.False(File.Exists(_folder.File("out/base/seed1/result.json")));
        Assert.False(Directory.Exists(_folder.File("out/sgd")));
        DateTime first = File.GetLastWriteTimeUtc(_folder.File("out/base/seed0/result.json"));

        JsonObject answer = await CliRun.Succeeds(command);
        Assert.Equal(first, File.GetLastWriteTimeUtc(_folder.File("out/base/seed0/result.json")));
        JsonArray entries = answer["entries"]!.AsArray();
        Assert.Equal(["base", "no augmentation", "SGD", "SGD, slow"], entries.Select(entry => (string)entry!["name"]!));
        Assert.Equal([2, 1, 1, 1], entries.Select(entry => entry!["runs"]!.AsArray().Count));
        double spread = (double)entries[0]!["spread"]!;
        double difference = (double)entries[1]!["mean"]! - (double)entries[0]!["mean"]!;
        Assert.Equal(difference, (double)entries[1]!["difference"]!, 12);
        Assert.Equal(Math.Abs(difference) < spread, (bool)entries[1]!["withinSpread"]!);
        Assert.Equal((double)entries[3]!["mean"]! - (double)entries[2]!["mean"]!, (double)entries[3]!["difference"]!, 12);
        Assert.Null(entries[3]!["withinSpread"]);
        TrainingOptions slow = RunFolder.OpenRead(_folder.File("out/sgd--slow/seed0")).ReadConfig().Options;
        Assert.Equal((OptimizerKind.Sgd, 0.001, 8), (slow.Optimizer, slow.LearningRate, slow.BatchSize));
        Assert.Null(RunFolder.OpenRead(_folder.File("out/no-augmentation/seed0")).ReadConfig().Options.Augmentation);
        string[] page = await File.ReadAllLinesAsync(_folder.File("out/study.md"));
        Assert.Equal(6, page.Count(line => line.StartsWith('|')));

        // All is there: nothing is trained again.
        Assert.Equal(entries.ToJsonString(), (await CliRun.Succeeds(command))["entries"]!.ToJsonString());
    }

    [Fact]
    public async Task Two_studies_in_one_folder_share_the_runs()
    {
        string study = Write($$"""
            {
              "base": { "seeds": 2, "data": "{{trained.Data}}", "training": {{Tiny}} },
              "changes": [{ "name": "SGD", "training": { "optimizer": "sgd", "learningRate": 0.05 } }]
            }
            """);
        string[] command = ["study", study, "--threads", "1", "--out", _folder.File("out")];

        // Another machine trains one seed of the base. All others are trained here, and then that one is waited for.
        string held = _folder.File("out/base/seed1/run.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(held)!);
        File.WriteAllText(held, $"1 {DateTime.UtcNow:O} elsewhere");
        using CancellationTokenSource stop = new();
        using StoppingWriter writer = new("another process trains base: waiting", stop);
        Assert.Equal(ExitCodes.Interrupted, (await CliRun.Run(command, writer, stop.Token)).ExitCode);
        Assert.Equal(
            [true, false, true],
            from run in new[] { "base/seed0", "base/seed1", "sgd/seed0" } select File.Exists(_folder.File($"out/{run}/result.json")));
        Assert.DoesNotContain("base", await File.ReadAllTextAsync(_folder.File("out/study.md")), StringComparison.Ordinal);

        // It was stopped before its end: this process takes the run over.
        File.Delete(held);
        JsonArray entries = (await CliRun.Succeeds(command))["entries"]!.AsArray();
        Assert.Equal(["base", "SGD"], entries.Select(entry => (string)entry!["name"]!));
        Assert.Equal([2, 1], entries.Select(entry => entry!["runs"]!.AsArray().Count));
        Assert.Equal(
            (double)entries[1]!["mean"]! - (double)entries[0]!["mean"]!, (double)entries[1]!["difference"]!, 12);
    }

    [Theory]
    [InlineData("""{ "changes": [] }""", "base")]
    [InlineData("""{ "base": {}, "changes": [] }""", "changes")]
    [InlineData("""{ "base": {}, "chnges": [] }""", "chnges", "'changes'")]
    [InlineData("""{ "base": {}, "changes": [{ "training": {} }] }""", "changes[0]", "name")]
    [InlineData("""{ "base": {}, "changes": [{ "name": "a", "training": { "epoch": 1 } }] }""", "changes[0].training.epoch", "'epochs'")]
    [InlineData("""{ "base": {}, "changes": [{ "name": "a" }, { "name": "a" }] }""", "changes[1]", "'a'")]
    [InlineData("""{ "base": {}, "changes": [{ "name": "a", "over": "b" }] }""", "changes[0]", "'b'")]
    [InlineData("""{ "base": { "seeds": 0 }, "changes": [{ "name": "a" }] }""", "base", "seeds")]
    [InlineData("""{ "base": { "recipe": "nowhere.json" }, "changes": [{ "name": "a" }] }""", "nowhere.json")]
    public async Task A_study_with_a_mistake_is_refused_before_anything_is_trained(string json, params string[] words)
    {
        await CliRun.Fails(ExitCodes.BadInput, words, "study", Write(json), trained.Data, "--out", _folder.File("out"));
        Assert.False(Directory.Exists(_folder.File("out")));
    }

    [Fact]
    public async Task Entries_that_would_share_a_folder_are_refused() => await CliRun.Fails(
        ExitCodes.WrongUsage,
        ["'a b'", "'a-b'"],
        "study",
        Write("""{ "base": {}, "changes": [{ "name": "a b" }, { "name": "a-b" }] }"""),
        trained.Data);

    public void Dispose() => _folder.Dispose();

    private string Write(string json)
    {
        File.WriteAllText(_folder.File("study.json"), json);
        return _folder.File("study.json");
    }

    /// <summary>Presses Ctrl-C when a text is shown.</summary>
    private sealed class StoppingWriter(string text, CancellationTokenSource cancellation) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(text, StringComparison.Ordinal) == true)
            {
                cancellation.Cancel();
            }
        }
    }
}
