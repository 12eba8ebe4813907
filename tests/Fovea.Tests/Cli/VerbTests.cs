using System.Text.Json.Nodes;
using Fovea.Cli;

namespace Fovea.Tests.Cli;

public sealed class VerbTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private static readonly string[] _verbs =
        ["quickstart", "models", "info", "train", "study", "runs", "evaluate", "predict", "detect", "average", "version"];

    [Fact]
    public async Task Evaluate_says_of_the_best_checkpoint_what_train_said()
    {
        JsonObject answer = await CliRun.Succeeds("evaluate", trained.Checkpoint, trained.Data, "--batch", "4");
        Assert.Equal((double)trained.Answer["top1"]!, (double)answer["top1"]!);
        Assert.Equal((double)trained.Answer["loss"]!, (double)answer["loss"]!, 5);
        Assert.Equal(9, (int)answer["images"]!);
        Assert.Equal(["apple", "bread", "cloud"], answer["classes"]!.AsArray().Select(entry => (string)entry!["class"]!));

        // The test part is measured once, at the end.
        JsonNode last = JsonNode.Parse(File.ReadLines(Path.Combine(trained.Run, "metrics.jsonl")).Last())!;
        Assert.Equal((double)last["testTop1"]!, (double)answer["top1"]!, 12);
    }

    [Fact]
    public async Task Predict_gives_the_classes_of_each_image_by_probability()
    {
        string[] images = [Path.Combine(trained.Data, "test", "apple", "00.png"), Path.Combine(trained.Data, "test", "cloud", "01.png")];
        JsonObject answer = await CliRun.Succeeds(["predict", trained.Checkpoint, .. images, "--top", "5"]);
        JsonArray predictions = answer["predictions"]!.AsArray();
        Assert.Equal(images, predictions.Select(prediction => (string)prediction!["image"]!));
        foreach (JsonNode? prediction in predictions)
        {
            double[] probabilities = [.. prediction!["classes"]!.AsArray().Select(entry => (double)entry!["probability"]!)];
            Assert.Equal(3, probabilities.Length);
            Assert.Equal(1, probabilities.Sum(), 4);
            Assert.Equal(probabilities.OrderDescending(), probabilities);
        }

        await CliRun.Fails(ExitCodes.WrongUsage, ["--top"], "predict", trained.Checkpoint, images[0], "--top", "0");
    }

    [Fact]
    public void Train_leaves_a_whole_run_folder()
    {
        foreach (string name in new[] { "config.json", "metrics.jsonl", "best.safetensors", "last.safetensors", "report.html" })
        {
            Assert.True(new FileInfo(Path.Combine(trained.Run, name)).Length > 0, name);
        }

        Assert.NotEmpty(Directory.GetFiles(trained.Run, "events.out.tfevents.*"));
        Assert.True((double)trained.Answer["seconds"]! > 0);
        Assert.Equal(trained.Checkpoint, (string)trained.Answer["checkpoint"]!);
    }

    [Fact]
    public async Task Every_key_of_every_answer_and_of_the_run_folder_is_in_camel_case()
    {
        AssertCamelCase(trained.Answer);
        AssertCamelCase(await CliRun.Succeeds("version"));
        AssertCamelCase(await CliRun.Succeeds("models"));
        AssertCamelCase(await CliRun.Succeeds("info", "cmt_nano", "--size", "16"));
        AssertCamelCase(JsonNode.Parse(File.ReadAllText(Path.Combine(trained.Run, "config.json"))));
        AssertCamelCase(JsonNode.Parse(File.ReadLines(Path.Combine(trained.Run, "metrics.jsonl")).Last()));
    }

    [Fact]
    public async Task Every_verb_has_help_with_its_options_and_examples()
    {
        foreach (string verb in _verbs)
        {
            using StringWriter output = new(), error = new();
            Assert.Equal(ExitCodes.Success, await CommandLine.InvokeAsync([verb, "--help"], output, error));
            Assert.Equal("", error.ToString());
            Assert.Contains($"fovea {verb}", output.ToString(), StringComparison.Ordinal);
            Assert.Contains("--json", output.ToString(), StringComparison.Ordinal);
            Assert.Equal(verb is not ("models" or "version"), output.ToString().Contains("Examples:", StringComparison.Ordinal));
        }
    }

    private static void AssertCamelCase(JsonNode? node)
    {
        foreach ((string key, JsonNode? value) in node as JsonObject ?? [])
        {
            Assert.Matches("^[a-z][a-zA-Z0-9]*$", key);
            AssertCamelCase(value);
        }

        foreach (JsonNode? value in node as JsonArray ?? [])
        {
            AssertCamelCase(value);
        }
    }
}
