using System.Text;
using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Models;
using Fovea.Tests.Tasks;
using Fovea.Tests.Training.Detection;

namespace Fovea.Tests.Cli;

/// <summary>Sets with label maps through the verbs: check, train, evaluate.</summary>
public sealed class SegmentationVerbsTests : IDisposable
{
    private readonly Fovea.Tests.Data.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_segmentation_is_trained_evaluated_and_its_figures_agree()
    {
        string data = WriteSet();
        string run = _folder.File("run");
        JsonObject trained = await CliRun.Succeeds(
            "train", data, "--model", "semantic_fpn:cmt_nano", "--size", "32", "--epochs", "1", "--batch", "2", "--out", run,
            "--set", "segmenter.channels=8", "--set", "segmenter.neckChannels=8", "--set", "segmentationLoss.hardPixels.kept=50");
        Assert.Equal(("segmentation", "test"), ((string)trained["task"]!, (string)trained["evaluatedOn"]!));
        string checkpoint = (string)trained["checkpoint"]!;
        JsonObject evaluated = await CliRun.Succeeds("evaluate", checkpoint, data);
        Assert.Equal("segmentation", (string)evaluated["task"]!);
        foreach (string figure in new[] { "mIoU", "mAcc", "aAcc" })
        {
            Assert.Equal((double)trained[figure]!, (double)evaluated[figure]!, 1e-12);
        }

        Assert.Equal(["ground", "red", "blue"], evaluated["classes"]!.AsArray().Select(one => (string)one!["class"]!));
        Assert.InRange((double)evaluated["classes"]![0]!["IoU"]!, 0, 1);
        Assert.InRange((double)evaluated["classes"]![0]!["acc"]!, 0, 1);
        Assert.True(File.Exists((string)trained["report"]!));
        JsonObject runs = await CliRun.Succeeds("runs", _folder.Path);
        Assert.Equal("mIoU", (string)runs["runs"]![0]!["metric"]!);
        using Model model = Checkpoint.Load(checkpoint);
        Assert.Equal(new Rgb(0, 255, 0), model.Info.Colors[0]);
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--size", "segmentation"], "evaluate", checkpoint, data, "--size", "64");
    }

    [Fact]
    public async Task A_check_tells_pixels_of_classes_and_what_is_wrong_with_label_maps()
    {
        string data = WriteSet();
        File.Delete(_folder.File("folder/annotations/test/0.png"));
        File.Copy(_folder.File("folder/images/train/0.png"), _folder.File("folder/annotations/train/1.png"), overwrite: true);
        JsonObject answer = await CliRun.Succeeds("data", "check", data, "--out", _folder.File("sheet.png"));
        Assert.Equal("labels", (string)answer["form"]!);
        JsonNode train = answer["parts"]![0]!;
        long pixels = train["classes"]!.AsArray().Sum(one => (long)one!["pixels"]!) + (long)train["ignoredPixels"]!;
        Assert.Equal(3 * 64 * 48, pixels);
        Assert.Single(train["classes"]!.AsArray(), one => (long)one!["pixels"]! == 0);
        Assert.Equal(
            ["missingLabels 1", "unreadableLabels 1", "emptyClass 1"],
            answer["problems"]!.AsArray().Select(problem => $"{problem!["kind"]} {problem["count"]}"));
        Assert.True(File.Exists(_folder.File("sheet.png")));
        await CliRun.Fails(ExitCodes.WrongUsage, ["--ignored 256", "0 to 255"], "data", "check", data, "--ignored", "256");
    }

    [Fact]
    public async Task A_checkpoint_that_was_trained_on_reduced_labels_is_evaluated_on_raw_ones()
    {
        string data = Fovea.Tests.Data.TestData.WriteSet(
            _folder,
            "raw",
            ("images/a.png", PngEncoder.Encode(FreshSegmenter.Image(40, 30))),
            ("annotations/a.png", PngEncoder.Encode(new Image(40, 30, 1, [.. Enumerable.Range(0, 1200).Select(i => (byte)(i % 4))]))));
        using Model model = FreshSegmenter.Create("semantic_fpn:resnet_nano");
        string[] told = [_folder.File("silent.safetensors"), _folder.File("telling.safetensors")];
        Checkpoint.Save(told[0], model.Info, model.Parameters);
        Checkpoint.Save(told[1], model.Info with { Labels = new SegmentationLabels { ReduceZeroLabel = true } }, model.Parameters);

        JsonObject asked = await CliRun.Succeeds("evaluate", told[0], data, "--reduce-zero-label");
        JsonObject known = await CliRun.Succeeds("evaluate", told[1], data);
        Assert.Equal(asked["classes"]!.ToJsonString(), known["classes"]!.ToJsonString());
        await CliRun.Fails(
            ExitCodes.BadInput, ["a.png"], "evaluate", told[1], data, "--reduce-zero-label", "false", "--max-bad", "0");
    }

    [Fact]
    public async Task Sets_without_labels_of_pixels_say_what_is_expected()
    {
        TinyImages.Write(_folder.File("photos"), 2);
        await CliRun.Fails(
            ExitCodes.BadInput, ["photos", "images/ and annotations/", "masks of objects"],
            "train", _folder.File("photos"), "--model", "upernet:cmt_nano", "--out", _folder.File("run"));
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--reduce-zero-label", "label maps"],
            "data", "check", _folder.File("photos"), "--reduce-zero-label");
    }

    private string WriteSet()
    {
        List<(string, byte[]?)> files = [("classes.txt", Encoding.UTF8.GetBytes("ground 0 255 0\nred 255 0 0\nblue 0 0 255"))];
        foreach ((string part, int count) in new[] { ("train", 4), ("val", 2), ("test", 2) })
        {
            SquaresDataset squares = new(count, seed: (ulong)part.Length + (ulong)count);
            PaintedDataset painted = new(squares, ["ground", "red", "blue"], [1, 2], 0);
            for (int i = 0; i < count; i++)
            {
                files.Add(($"images/{part}/{i}.png", PngEncoder.Encode(painted.Load(i))));
                files.Add(($"annotations/{part}/{i}.png", PngEncoder.Encode(painted.LoadLabels(i))));
            }
        }

        return Fovea.Tests.Data.TestData.WriteSet(_folder, "folder", [.. files]);
    }
}
