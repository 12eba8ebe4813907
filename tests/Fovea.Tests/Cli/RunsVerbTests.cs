using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Training;

namespace Fovea.Tests.Cli;

public sealed class RunsVerbTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Runs_are_listed_with_their_best_accuracy_and_their_state()
    {
        // A finished one, one that stopped before its first epoch, one in which a process (this one) trains, and what is no run.
        Copy("finished", "config.json", "metrics.jsonl", "result.json");
        Copy("deep/interrupted", "config.json");
        Copy("running", "config.json");
        Directory.CreateDirectory(_folder.File("other"));
        File.WriteAllText(_folder.File("other/config.json"), """{ "architecture": "something else" }""");
        Directory.CreateDirectory(_folder.File("broken"));
        File.WriteAllText(_folder.File("broken/config.json"), """{ "data": "x", "training": { "epochs": 0 } }""");
        RunFolder running = RunFolder.Open(_folder.File("running"));
        Assert.True(running.IsInUse);

        JsonArray runs = (await CliRun.Succeeds("runs", _folder.Path))["runs"]!.AsArray();
        Assert.Equal(
            [("deep/interrupted", "interrupted"), ("finished", "finished"), ("running", "running")],
            runs.Select(run => (Path.GetRelativePath(_folder.Path, (string)run!["path"]!), (string)run["state"]!)));
        JsonNode finished = runs[1]!;
        Assert.Equal((double)trained.Answer["top1"]!, (double)finished["top1"]!);
        Assert.Equal(("cmt_nano", trained.Data), ((string)finished["model"]!, (string)finished["data"]!));
        Assert.Equal("test", (string)finished["measuredOn"]!);
        Assert.Equal((2, 2, 0), ((int)finished["epochs"]!, (int)finished["plannedEpochs"]!, (int)runs[0]!["epochs"]!));
        Assert.True((double)finished["seconds"]! > 0);
        Assert.Null(runs[0]!["top1"]);
    }

    [Fact]
    public async Task A_run_without_a_result_shows_the_best_of_its_validations()
    {
        Copy("run", "config.json");
        File.WriteAllText(
            _folder.File("run/metrics.jsonl"),
            """
            {"step":3,"epoch":1,"loss":1,"accuracy":0.5,"top1":0.75,"seconds":2}
            {"step":6,"epoch":2,"loss":1,"accuracy":0.9,"top1":0.5,"seconds":4}

            """);
        JsonNode run = Assert.Single((await CliRun.Succeeds("runs", _folder.Path))["runs"]!.AsArray())!;
        Assert.Equal((0.75, "validation"), ((double)run["top1"]!, (string)run["measuredOn"]!));
        Assert.Equal((4.0, "interrupted"), ((double)run["seconds"]!, (string)run["state"]!));
    }

    [Fact]
    public async Task Curves_of_runs_stand_in_common_charts_of_one_page()
    {
        Copy("first", "config.json", "metrics.jsonl", "result.json");
        Copy("<second>", "config.json", "metrics.jsonl");
        Edit("<second>", training => training["learningRate"] = 0.125);
        string page = _folder.File("page.html");
        await CliRun.Succeeds("runs", "show", _folder.File("first"), _folder.File("<second>"), "--out", page);
        string html = await File.ReadAllTextAsync(page);
        string[] words =
            ["Training loss", "Validation top-1", "Learning rate", "first", "&lt;second&gt;", "training.learningRate", "0.125"];
        Assert.All(words, word => Assert.Contains(word, html, StringComparison.Ordinal));

        Assert.DoesNotContain("<second>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
        Assert.Equal(2 * 5, html.Split("<polyline").Length - 1);

        string config = _folder.File("first/config.json");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--out", ".html"], "runs", "show", trained.Run, "--out", config);
        await CliRun.Fails(ExitCodes.BadInput, ["config.json"], "runs", "show", _folder.Path, "--out", page);
    }

    [Fact]
    public async Task Members_in_which_recipes_differ_are_told_with_their_values()
    {
        Copy("other", "config.json");
        Edit("other", training =>
        {
            training["epochs"] = 9;
            training["augmentation"]!["cropPadding"] = 7;
            training.Remove("weightDecay");
        });
        JsonArray differences =
            (await CliRun.Succeeds("runs", "diff", trained.Run, _folder.File("other/config.json")))["differences"]!.AsArray();
        Assert.Equal(
            ["training.epochs [2,9]", "training.augmentation.cropPadding [1,7]"],
            differences.Select(one => $"{one!["member"]} {one["values"]!.ToJsonString()}"));
        Assert.Empty((await CliRun.Succeeds("runs", "diff", trained.Run, trained.Run))["differences"]!.AsArray());
    }

    [Fact]
    public async Task Mistakes_are_named_with_the_verb_behind_the_verb()
    {
        await CliRun.Fails(ExitCodes.WrongUsage, ["no folder", "nowhere"], "runs", "nowhere");
        Assert.Empty((await CliRun.Succeeds("runs", _folder.Path))["runs"]!.AsArray());
        using StringWriter output = new(), error = new();
        Assert.Equal(ExitCodes.WrongUsage, await CommandLine.InvokeAsync(["runs", "show", "--outt", "b"], output, error));
        Assert.Contains("Is --out meant?", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("fovea runs show --help", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Success, await CommandLine.InvokeAsync(["runs", "diff", "--help"], output, error));
        Assert.Contains("fovea runs diff runs/first runs/second", output.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Copy(string name, params string[] files)
    {
        Directory.CreateDirectory(_folder.File(name));
        foreach (string file in files)
        {
            File.Copy(Path.Combine(trained.Run, file), _folder.File($"{name}/{file}"));
        }
    }

    private void Edit(string name, Action<JsonObject> change)
    {
        string path = _folder.File($"{name}/config.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        change(json["training"]!.AsObject());
        File.WriteAllText(path, json.ToJsonString());
    }
}
