using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Data;

namespace Fovea.Tests.Cli;

public sealed class ResultsVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ResultsVerbTests()
    {
        CocoSegmentation outline = new(RunLengthMask.FromRectangle(60, 80, new CocoBox(5, 6, 40, 40)));
        CocoFile annotations = new(
            [new CocoImage(3, 80, 60), new CocoImage(8, 80, 60)],
            [new CocoCategory(2, "cell"), new CocoCategory(40, "plate")],
            [
                new CocoAnnotation(1, 3, 2, new CocoBox(5, 6, 40, 40), 1600, Segmentation: outline),
                new CocoAnnotation(2, 8, 2, new CocoBox(5, 6, 40, 40), 1600, Segmentation: outline),
            ]);
        using FileStream stream = File.Create(Annotations);
        annotations.Write(stream);
    }

    private string Results => _folder.File("results.json");

    private string Annotations => _folder.File("annotations.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Boxes_of_any_detector_are_judged()
    {
        JsonObject answer = await Judge([new CocoResult(3, 2, 0.9, new CocoBox(5, 6, 40, 40))]);
        Assert.Equal("detection", (string)answer["task"]!);
        Assert.Equal(
            ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"],
            answer["bbox"]!.AsObject().Select(number => number.Key));

        // One of two objects is found: precision is 1 up to a recall of one half, at 51 of 101 places.
        Assert.Equal(51.0 / 101, (double)answer["bbox"]!["AP"]!, 12);
        Assert.Equal(0.5, (double)answer["bbox"]!["AR100"]!);
        Assert.Equal(-1, (double)answer["bbox"]!["APs"]!);
        Assert.False(answer.ContainsKey("segm"));
        Assert.Equal(["cell", "plate"], answer["classes"]!.AsArray().Select(entry => (string)entry!["class"]!));
        Assert.Equal([0.505, -1], answer["classes"]!.AsArray().Select(entry => Math.Round((double)entry!["bbox"]!["AP50"]!, 3)));
    }

    [Fact]
    public async Task Masks_are_judged_where_the_results_have_them()
    {
        CocoSegmentation half = new(RunLengthMask.FromRectangle(60, 80, new CocoBox(5, 6, 40, 24)));
        JsonObject answer = await Judge([new CocoResult(3, 2, 0.9, null, half), new CocoResult(8, 2, 0.8, null, half)]);
        Assert.Equal(1, (double)answer["segm"]!["AP50"]!, 12);
        Assert.Equal(0, (double)answer["segm"]!["AP75"]!);
        Assert.Equal(1, (double)answer["classes"]![0]!["segm"]!["AP50"]!, 12);
    }

    [Fact]
    public async Task A_table_shows_the_twelve_numbers_of_each_class()
    {
        using (FileStream stream = File.Create(Results))
        {
            CocoResults.Write(stream, [new CocoResult(3, 2, 0.9, new CocoBox(5, 6, 40, 40))]);
        }

        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = await CommandLine.InvokeAsync(
            ["evaluate", "--results", Results, "--data", Annotations], output, error, TestContext.Current.CancellationToken);
        Assert.Equal((ExitCodes.Success, ""), (exitCode, error.ToString()));
        string[] lines = output.ToString().Split('\n');
        Assert.Equal("1 detections in 2 images with 2 objects", lines[0]);
        Assert.Matches("^boxes +objects +AP +AP50 +AP75 +APs +APm +APl +AR1 +AR10 +AR100 +ARs +ARm +ARl$", lines[2]);
        Assert.Contains("0.505", lines.Single(line => line.StartsWith("cell ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("all ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Results_that_do_not_fit_the_annotations_are_refused_by_name()
    {
        string[] arguments = ["evaluate", "--results", Results, "--data", Annotations];
        Write("""[{"image_id": 4, "category_id": 2, "score": 1, "bbox": [0, 0, 1, 1]}]""");
        await CliRun.Fails(ExitCodes.BadInput, ["results[0]", "image 4"], arguments);
        Write("""[{"image_id": 3, "category_id": 2, "bbox": [0, 0, 1, 1]}]""");
        await CliRun.Fails(ExitCodes.BadInput, [Results, "results[0] has no 'score'"], arguments);
        await CliRun.Fails(ExitCodes.BadInput, ["no such file"], "evaluate", "--results", Results, "--data", _folder.File("no.json"));

        void Write(string text) => File.WriteAllText(Results, text);
    }

    [Fact]
    public async Task Results_take_the_place_of_a_checkpoint_and_need_annotations()
    {
        await CliRun.Fails(ExitCodes.WrongUsage, ["--data"], "evaluate", "--results", Results);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--results", "--data"], "evaluate", "best.safetensors", "images", "--results", Results);
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--batch"], "evaluate", "--results", Results, "--data", Annotations, "--batch", "4");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--data"], "evaluate", "best.safetensors", "images", "--data", Annotations);
        await CliRun.Fails(ExitCodes.WrongUsage, ["checkpoint", "--results"], "evaluate", "best.safetensors");
    }

    private async Task<JsonObject> Judge(CocoResult[] results)
    {
        using (FileStream stream = File.Create(Results))
        {
            CocoResults.Write(stream, results);
        }

        return await CliRun.Succeeds("evaluate", "--results", Results, "--data", Annotations);
    }
}
