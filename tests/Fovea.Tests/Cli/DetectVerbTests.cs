using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Drawing;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Cli;

public sealed class DetectVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FreshDetector _masks = new("mask_rcnn");
    private readonly FreshDetector _boxes = new("retinanet");

    public void Dispose()
    {
        _masks.Dispose();
        _boxes.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Detect_gives_class_score_box_and_mask_of_each_object_in_each_image()
    {
        string[] images = [Write("photos/a.png", 1), Write("photos/b.png", 2)];
        JsonObject answer = await CliRun.Succeeds("detect", _masks.Path, images[0], images[1], "--threshold", "0");
        JsonArray answers = answer["images"]!.AsArray();
        Assert.Equal(images, answers.Select(one => (string)one!["image"]!));
        for (int i = 0; i < images.Length; i++)
        {
            Image image = FreshDetector.Image(i + 1);
            Assert.Equal((image.Width, image.Height), ((int)answers[i]!["width"]!, (int)answers[i]!["height"]!));
            JsonArray found = answers[i]!["detections"]!.AsArray();
            Assert.NotEmpty(found);
            Assert.Equal(found.OrderByDescending(one => (float)one!["score"]!), found);
            foreach (JsonNode? one in found)
            {
                Assert.Equal(["class", "score", "box", "mask"], one!.AsObject().Select(member => member.Key));
                Assert.Contains((string)one["class"]!, _masks.Info.Classes);
                float[] box = [.. one["box"]!.AsArray().Select(place => (float)place!)];
                Assert.True(box.Length == 4 && box[0] < box[2] && box[1] < box[3]);
                int[] size = [.. one["mask"]!["size"]!.AsArray().Select(side => (int)side!)];
                Assert.Equal([image.Height, image.Width], size);
                RunLengthMask.Parse(size[0], size[1], (string)one["mask"]!["counts"]!);
            }
        }

        JsonNode boxes = (await CliRun.Succeeds("detect", _boxes.Path, images[0], "--threshold", "0"))["images"]![0]!;
        Assert.All(
            boxes["detections"]!.AsArray(),
            one => Assert.Equal(["class", "score", "box"], one!.AsObject().Select(member => member.Key)));
    }

    [Fact]
    public async Task A_threshold_leaves_the_surest_and_an_image_without_objects_is_answered()
    {
        string image = Write("a.png", 1);
        float[] scores = await Scores("0");
        float middle = scores[scores.Length / 2];
        Assert.Equal(scores.Where(score => score > middle), await Scores($"{middle}"));
        Assert.Empty(await Scores("0.999"));
        (_, _, string text) = await CliRun.Run(["detect", _masks.Path, image, "--threshold", "0.999"]);
        Assert.Contains("nothing", text, StringComparison.Ordinal);
        foreach (string wrong in new[] { "1", "-0.1", "NaN" })
        {
            await CliRun.Fails(ExitCodes.WrongUsage, ["--threshold"], "detect", _masks.Path, image, $"--threshold={wrong}");
        }

        async Task<float[]> Scores(string threshold)
        {
            JsonObject answer = await CliRun.Succeeds("detect", _masks.Path, image, "--threshold", threshold);
            return [.. answer["images"]![0]!["detections"]!.AsArray().Select(one => (float)one!["score"]!)];
        }
    }

    [Fact]
    public async Task Objects_are_drawn_into_enlarged_images_in_a_folder_that_holds_none_of_them()
    {
        string[] images = [Write("photos/a.png", 1), Write("photos/b.png", 2), Write("others/a.png", 3)];
        string drawn = _folder.File("drawn");
        JsonObject answer = await CliRun.Succeeds(["detect", _masks.Path, .. images, "--threshold", "0", "--out", drawn]);
        Assert.Equal(drawn, (string)answer["out"]!);
        Assert.Equal(
            ["a-2.png", "a.png", "b.png"],
            Directory.GetFiles(drawn).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        foreach ((string name, int seed) in new[] { ("a.png", 1), ("b.png", 2), ("a-2.png", 3) })
        {
            Image before = FreshDetector.Image(seed);
            Image after = ImageFile.Read(Path.Combine(drawn, name));
            int factor = after.Width / before.Width;
            Assert.InRange(Math.Min(factor * before.Width, factor * before.Height), 360, 720);
            Assert.Equal(factor * before.Width, after.Width);

            // Below the image stands a legend where labels are wider than their boxes.
            Assert.InRange(after.Height, factor * before.Height, (factor * before.Height) + 60);
            Assert.Contains(
                Enumerable.Range(0, 3).Select(Color.Of),
                color => after.Pixels.AsSpan().IndexOf([color.Red, color.Green, color.Blue]) >= 0);
        }

        byte[] kept = File.ReadAllBytes(images[0]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--out", "a.png"], "detect", _masks.Path, images[0], "--out", _folder.File("photos"));
        Assert.Equal(kept, File.ReadAllBytes(images[0]));
    }

    [Fact]
    public async Task An_image_that_cannot_be_read_is_named_and_the_others_are_answered()
    {
        Write("photos/a.png", 1);
        File.WriteAllText(_folder.File("photos/b.png"), "no image");
        Write("photos/c.png", 2);
        (int exitCode, string output, string error) = await CliRun.Run(["detect", _boxes.Path, _folder.File("photos")]);
        Assert.Equal(ExitCodes.BadInput, exitCode);
        JsonNode answer = JsonNode.Parse(output)!;
        Assert.Equal(["a.png", "c.png"], answer["images"]!.AsArray().Select(one => Path.GetFileName((string)one!["image"]!)));
        Assert.EndsWith("b.png", (string)answer["failures"]![0]!["image"]!, StringComparison.Ordinal);
        Assert.Contains("1 of 3 images could not be read", error, StringComparison.Ordinal);
        using CancellationTokenSource atOnce = new();
        await atOnce.CancelAsync();
        Assert.Equal(
            ExitCodes.Interrupted,
            (await CliRun.Run(["detect", _boxes.Path, _folder.File("photos")], cancellation: atOnce.Token)).ExitCode);
    }

    [Fact]
    public async Task A_checkpoint_of_the_other_kind_names_the_verb_for_it()
    {
        using FreshCheckpoint classifier = new();
        string image = Write("a.png", 1);
        await CliRun.Fails(ExitCodes.BadInput, [$"'fovea predict {classifier.Path} IMAGE'"], "detect", classifier.Path, image);
        await CliRun.Fails(
            ExitCodes.BadInput, ["retinanet:cmt_nano", $"'fovea detect {_boxes.Path} IMAGE'"], "predict", _boxes.Path, image);
        await CliRun.Fails(ExitCodes.BadInput, ["nowhere.safetensors"], "detect", "nowhere.safetensors", image);
    }

    [Fact]
    public async Task A_detectors_checkpoint_is_converted_there_and_back_and_finds_the_same()
    {
        string image = Write("a.png", 1);
        string expected = (await Detect(_masks.Path)).ToJsonString();
        string copy = _folder.File("copy.safetensors");
        await CliRun.Succeeds("convert", _masks.Path, "--out", copy);
        Assert.Equal(expected, (await Detect(copy)).ToJsonString());
        string half = _folder.File("half.safetensors");
        await CliRun.Succeeds("convert", _masks.Path, "--float16", "--out", half);
        Assert.NotEmpty((await Detect(half))["detections"]!.AsArray());
        JsonObject diagnosis = await CliRun.Succeeds("doctor", copy);
        Assert.Equal((true, "mask_rcnn:cmt_nano"), ((bool)diagnosis["loads"]!, (string)diagnosis["model"]!));
        JsonNode likeliest = diagnosis["models"]![0]!;
        Assert.Equal(("mask_rcnn:cmt_nano", 1), ((string)likeliest["model"]!, (double)likeliest["agreement"]!));

        async Task<JsonNode> Detect(string path) =>
            (await CliRun.Succeeds("detect", path, image, "--threshold", "0"))["images"]![0]!;
    }

    private string Write(string name, int seed)
    {
        string path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, PngEncoder.Encode(FreshDetector.Image(seed)));
        return path;
    }
}
