using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Cli;

public sealed class SegmentVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FreshSegmenter _fresh = new();

    public void Dispose()
    {
        _fresh.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Maps_hold_the_indices_of_classes_and_a_drawing_lies_beside_each()
    {
        string[] images = [Write("photos/a.png", 70, 50), Write("photos/b.png", 40, 64)];
        string maps = _folder.File("maps");
        JsonObject answer = await CliRun.Succeeds(
            ["segment", _fresh.Path, .. images, "--out", maps, "--flip", "--scales", "0.5,1", "--window", "64", "--stride", "40"]);
        Assert.Equal(maps, (string)answer["out"]!);
        Assert.Equal(
            ["a-overlay.png", "a.png", "b-overlay.png", "b.png"],
            Directory.GetFiles(maps).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        JsonNode first = answer["images"]![0]!;
        Assert.Equal(["image", "width", "height", "classes", "mask"], first.AsObject().Select(member => member.Key));
        Assert.Equal((images[0], 70, 50), ((string)first["image"]!, (int)first["width"]!, (int)first["height"]!));
        Assert.Equal(Path.Combine(maps, "a.png"), (string)first["mask"]!);
        Assert.Equal(1, first["classes"]!.AsArray().Sum(one => (double)one!["share"]!), 1e-9);

        // The colours of a palette: as many as classes occur.
        Image map = ImageFile.Read(Path.Combine(maps, "a.png"));
        Assert.Equal((70, 50), (map.Width, map.Height));
        int colors = Enumerable.Range(0, 70 * 50).Select(i => (map.Pixels[3 * i], map.Pixels[(3 * i) + 1], map.Pixels[(3 * i) + 2]))
            .Distinct().Count();
        Assert.Equal(first["classes"]!.AsArray().Count, colors);
        Assert.True(ImageFile.Read(Path.Combine(maps, "a-overlay.png")).Width > 70);
    }

    [Fact]
    public async Task Without_a_folder_each_class_has_a_mask_of_run_lengths()
    {
        string image = Write("a.png", 50, 40);
        JsonNode answer = (await CliRun.Succeeds("segment", _fresh.Path, image))["images"]![0]!;
        int total = 0;
        foreach (JsonNode? one in answer["classes"]!.AsArray())
        {
            Assert.Equal(["class", "share", "mask"], one!.AsObject().Select(member => member.Key));
            Assert.Contains((string)one["class"]!, _fresh.Info.Classes);
            RunLengthMask mask = RunLengthMask.Parse(40, 50, (string)one["mask"]!["counts"]!);
            Assert.Equal((double)one["share"]!, mask.Area / 2000.0, 1e-9);
            total += (int)mask.Area;
        }

        Assert.Equal(2000, total);
        Assert.False(answer.AsObject().ContainsKey("mask"));
    }

    [Fact]
    public async Task Options_that_do_not_fit_are_named()
    {
        string image = Write("photos/a.png", 50, 40);
        (string[] Given, string Named)[] wrong =
        [
            (["--window", "0"], "--window 0"),
            (["--stride", "10"], "--window"),
            (["--window", "32", "--stride", "33"], "--stride 33"),
            (["--scales", "1,x"], "--scales 1,x"),
            (["--scales", "0"], "--scales 0"),
            (["--out", _folder.File("photos")], "--out"),
        ];
        foreach ((string[] given, string named) in wrong)
        {
            await CliRun.Fails(ExitCodes.WrongUsage, [named], ["segment", _fresh.Path, image, .. given]);
        }
    }

    [Fact]
    public async Task A_checkpoint_of_another_task_names_the_verb_for_it()
    {
        string image = Write("a.png", 50, 40);
        using FreshCheckpoint classifier = new();
        await CliRun.Fails(ExitCodes.BadInput, [$"'fovea predict {classifier.Path} IMAGE'"], "segment", classifier.Path, image);
        await CliRun.Fails(ExitCodes.BadInput, [$"'fovea segment {_fresh.Path} IMAGE --out DIR'"], "predict", _fresh.Path, image);
        await CliRun.Fails(ExitCodes.BadInput, [$"'fovea segment {_fresh.Path} IMAGE --out DIR'"], "detect", _fresh.Path, image);
    }

    [Fact]
    public async Task A_checkpoint_is_converted_there_and_back_looked_at_and_exported()
    {
        string image = Write("a.png", 50, 40);
        string expected = (await CliRun.Succeeds("segment", _fresh.Path, image))["images"]!.ToJsonString();
        string copy = _folder.File("copy.safetensors");
        await CliRun.Succeeds("convert", _fresh.Path, "--out", copy);
        Assert.Equal(expected, (await CliRun.Succeeds("segment", copy, image))["images"]!.ToJsonString());
        JsonObject diagnosis = await CliRun.Succeeds("doctor", copy);
        Assert.Equal((true, "semantic_fpn:resnet_nano"), ((bool)diagnosis["loads"]!, (string)diagnosis["model"]!));
        string onnx = _folder.File("classes.onnx");
        await CliRun.Succeeds("export", copy, "--onnx", onnx, "--argmax", "--with-preprocessing");
        Assert.True(File.Exists(onnx));
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--argmax"], "export", "--model", "resnet_nano", "--onnx", _folder.File("no.onnx"), "--argmax");
    }

    private string Write(string name, int width, int height)
    {
        string path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, PngEncoder.Encode(FreshSegmenter.Image(width, height)));
        return path;
    }
}
