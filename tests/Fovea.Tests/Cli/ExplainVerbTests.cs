using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Cli;

public sealed class ExplainVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FreshCheckpoint _checkpoint = new();

    public void Dispose()
    {
        _checkpoint.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Explain_gives_a_map_for_each_image_and_class_and_draws_it()
    {
        string[] images = [Write("a.png", 1), Write("b.png", 2)];
        string drawn = _folder.File("drawn");
        JsonObject answer = await CliRun.Succeeds(
            "explain", _checkpoint.Path, images[0], images[1], "--class", "bread", "--class", "0", "--out", drawn);
        JsonArray maps = answer["explanations"]!.AsArray();
        Assert.Equal(
            [(images[0], "bread"), (images[0], "apple"), (images[1], "bread"), (images[1], "apple")],
            maps.Select(map => ((string)map!["image"]!, (string)map["class"]!)));
        foreach (JsonNode? map in maps)
        {
            Assert.Equal(("grad-cam", "stage3"), ((string)map!["method"]!, (string)map["layer"]!));
            Assert.Equal((int)map["height"]! * (int)map["width"]!, map["values"]!.AsArray().Count);
            Assert.True(map["head"] is null && map["query"] is null);
        }

        Assert.NotEmpty(Directory.GetFiles(drawn, "*.png"));
    }

    [Fact]
    public async Task A_point_attends()
    {
        string image = Write("a.png", 1);
        JsonNode map = (await CliRun.Succeeds(
            "explain", _checkpoint.Path, image, "--method", "attention", "--at", "20,18.5", "--head", "2"))["explanations"]![0]!;
        Assert.Equal([20, 18.5], map["query"]!.AsArray().Select(place => (double)place!));
        Assert.Equal((2, "blocks_c.1.attn"), ((int)map["head"]!, (string)map["layer"]!));
        Assert.Equal(1, map["values"]!.AsArray().Sum(value => (double)value!), 1e-5);
    }

    [Fact]
    public async Task A_detection_is_explained_by_its_number()
    {
        using FreshDetector detector = new("faster_rcnn");
        string image = _folder.File("a.png");
        File.WriteAllBytes(image, PngEncoder.Encode(FreshDetector.Image(1)));
        JsonObject detected = await CliRun.Succeeds("detect", detector.Path, image, "--threshold", "0");
        JsonArray found = detected["images"]![0]!["detections"]!.AsArray();
        JsonObject answer = await CliRun.Succeeds(
            "explain", detector.Path, image, "--detection", "2", "--class", "apple", "--out", _folder.File("drawn"));
        JsonNode map = Assert.Single(answer["explanations"]!.AsArray())!;
        Assert.Equal(("layer-cam", "apple"), ((string)map["method"]!, (string)map["class"]!));
        Assert.Equal(2, (int)map["detection"]!["index"]!);
        Assert.Equal((string)found[2]!["class"]!, (string)map["detection"]!["class"]!);
        Assert.Equal((float)found[2]!["score"]!, (float)map["detection"]!["score"]!);
        Assert.Equal(
            found[2]!["box"]!.AsArray().Select(edge => (float)edge!),
            map["detection"]!["box"]!.AsArray().Select(edge => (float)edge!));
        Assert.NotEmpty(Directory.GetFiles(_folder.File("drawn"), "*.png"));
        await CliRun.Fails(ExitCodes.BadInput, ["no detection 50", "--detection"], "explain", detector.Path, image, "--detection", "50");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--evaluate"], "explain", detector.Path, "--evaluate", _folder.File(""));
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["no objects", "--detection"], "explain", _checkpoint.Path, image, "--detection", "0");
    }

    [Fact]
    public async Task Without_an_image_layers_and_methods_are_listed()
    {
        JsonObject answer = await CliRun.Succeeds("explain", _checkpoint.Path);
        Assert.Contains("blocks_b.0.attn", answer["layers"]!.AsArray().Select(layer => (string)layer!["layer"]!));
        Assert.Equal("grad-cam", (string)answer["method"]!);
        Assert.DoesNotContain("rollout", answer["methods"]!.AsArray().Select(method => (string)method!));
    }

    [Fact]
    public async Task What_cannot_be_explained_is_wrong_usage_that_names_the_options()
    {
        string image = Write("a.png", 1);
        await Refuses(["--method", "rollout"], "rollout", "--method attention", "grad-cam");
        await Refuses(["--method", "magic"], "magic", "grad-cam++");
        await Refuses(["--layer", "stage8"], "stage8", "--layer", "stage3");
        await Refuses(["--class", "cheese"], "cheese", "--class apple, bread or cloud");
        await Refuses(["--at", "3,3"], "grad-cam", "--at");
        await Refuses(["--at", "here"], "--at here", "120,80");
        await CliRun.Fails(
            ExitCodes.BadInput, ["900,3", "--at"], "explain", _checkpoint.Path, image, "--method", "attention", "--at", "900,3");

        Task Refuses(string[] options, params string[] words) =>
            CliRun.Fails(ExitCodes.WrongUsage, words, ["explain", _checkpoint.Path, image, .. options]);
    }

    [Fact]
    public async Task An_image_that_cannot_be_read_is_named_and_the_others_are_answered()
    {
        Write("photos/a.png", 1);
        File.WriteAllText(_folder.File("photos/b.png"), "no image");
        (int exitCode, string output, _) = await CliRun.Run(["explain", _checkpoint.Path, _folder.File("photos")]);
        Assert.Equal(ExitCodes.BadInput, exitCode);
        JsonNode answer = JsonNode.Parse(output)!;
        Assert.Single(answer["explanations"]!.AsArray());
        Assert.EndsWith("b.png", (string)answer["failures"]![0]!["image"]!, StringComparison.Ordinal);
    }

    private string Write(string name, int seed)
    {
        string path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, PngEncoder.Encode(FreshCheckpoint.Image(seed)));
        return path;
    }
}
