using System.Text;
using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Tests.Data;

namespace Fovea.Tests.Cli;

public sealed class DataVerbTests : IDisposable
{
    private readonly Fovea.Tests.Data.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_check_tells_figures_and_problems_of_a_set_with_objects_and_draws_it()
    {
        string sheet = _folder.File("sheet.png");
        JsonObject answer = await CliRun.Succeeds("data", "check", WriteCoco(), "--out", sheet);
        Assert.Equal("coco", (string)answer["form"]!);
        JsonNode train = answer["parts"]![0]!;
        Assert.Equal(("train", 3), ((string)train["name"]!, (int)train["images"]!));
        Assert.Equal((2, 2), ((int)train["emptyImages"]!, (int)train["objects"]!));
        Assert.Equal("[[64,48],[64,48],[64,48]]", train["sizes"]!.ToJsonString());
        Assert.Equal("""{"name":"cat","images":1,"objects":2,"small":1,"medium":1,"large":0}""", train["classes"]![0]!.ToJsonString());
        Assert.Equal(
            ["unreadableImage 1", "boxClipped 1", "sharedImage 1", "emptyClass 1"],
            answer["problems"]!.AsArray().Select(problem => $"{problem!["kind"]} {problem["count"]}"));
        Assert.Contains("train/bad.png", (string)answer["problems"]![0]!["places"]![0]!, StringComparison.Ordinal);
        Image drawn = ImageFile.Read(sheet);
        Assert.Contains(Enumerable.Range(0, drawn.Pixels.Length / 3), pixel => drawn.Pixels[3 * pixel] != drawn.Pixels[(3 * pixel) + 1]);
    }

    [Fact]
    public async Task A_set_without_a_training_part_is_checked_and_converted_and_training_says_what_is_missing()
    {
        string data = WriteCoco();
        Directory.Move(_folder.File("folder/train"), _folder.File("folder/val"));
        string annotations = await File.ReadAllTextAsync(_folder.File("folder/annotations/train.json"));
        await File.WriteAllTextAsync(
            _folder.File("folder/annotations/val.json"), annotations.Replace("train/", "val/", StringComparison.Ordinal));
        File.Delete(_folder.File("folder/annotations/train.json"));
        JsonObject check = await CliRun.Succeeds("data", "check", data);
        Assert.Equal(["val", "test"], check["parts"]!.AsArray().Select(part => (string)part!["name"]!));
        File.Delete(_folder.File("folder/val/bad.png"));
        await CliRun.Succeeds("data", "convert", data, "--to", "voc", "--out", _folder.File("voc"));
        using InstanceParts voc = InstanceDatasets.OpenParts(_folder.File("voc"));
        Assert.Equal(["val", "test"], voc.Named.Select(part => part.Name));
        await CliRun.Fails(
            ExitCodes.BadInput, ["no training part, only val and test", "train"],
            "train", data, "--model", "retinanet:cmt_nano", "--out", _folder.File("run"));
    }

    [Theory]
    [InlineData("retinanet:cmt_nano", "48", "below the shorter side of 64")]
    [InlineData("cmt_nano", "96", "belongs to dense models")]
    public async Task The_longer_side_is_for_dense_models_and_not_below_the_shorter_one(string model, string side, string problem) =>
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--longer-side", problem],
            "train", WriteCoco(), "--model", model, "--size", "64", "--longer-side", side, "--out", _folder.File("run"));

    [Fact]
    public async Task A_check_of_class_folders_counts_images_and_finds_those_in_two_parts()
    {
        TinyImages.Write(_folder.File("data/train"), 2);
        TinyImages.Write(_folder.File("data/test"), 1, seed: 2);
        File.Copy(_folder.File("data/train/apple/00.png"), _folder.File("data/test/bread/copy.png"));
        JsonObject answer = await CliRun.Succeeds("data", "check", _folder.File("data"), "--out", _folder.File("sheet.png"));
        Assert.Equal("classes", (string)answer["form"]!);
        Assert.Equal("""{"name":"apple","images":2}""", answer["parts"]![0]!["classes"]![0]!.ToJsonString());
        JsonNode problem = Assert.Single(answer["problems"]!.AsArray())!;
        Assert.Equal("sharedImage", (string)problem["kind"]!);
        Assert.True(File.Exists(_folder.File("sheet.png")));
    }

    [Theory]
    [InlineData("voc")]
    [InlineData("yolo")]
    [InlineData("coco")]
    public async Task Sets_keep_their_objects_through_another_form(string form)
    {
        string data = WriteCoco();
        File.Delete(_folder.File("folder/train/bad.png"));
        JsonObject there = await CliRun.Succeeds("data", "convert", data, "--to", form, "--out", _folder.File("there"));
        Assert.Equal(("coco", form), ((string)there["from"]!, (string)there["to"]!));
        Assert.Equal(form != "voc", there["lost"]!.AsArray().Count == 0);
        await CliRun.Succeeds("data", "convert", _folder.File("there"), "--to", "coco", "--out", _folder.File("back"));
        using InstanceParts before = InstanceDatasets.OpenParts(data);
        using InstanceParts after = InstanceDatasets.OpenParts(_folder.File("back"));
        Assert.Equal((before.Training.Count, before.Test!.Count), (after.Training.Count, after.Test!.Count));
        for (int index = 0; index < before.Training.Count; index++)
        {
            Assert.Equal(before.Training.Load(index).Pixels, after.Training.Load(index).Pixels);
            Assert.Equal(
                before.Training.InstancesOf(index).Select(one => one.Box with { Label = 0 }),
                after.Training.InstancesOf(index).Select(one => one.Box with { Label = 0 }));
        }

        Assert.Equal(["back", "folder", "there"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Mistakes_of_a_conversion_leave_nothing_behind()
    {
        string data = WriteCoco();
        string there = _folder.File("there");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--to voc"], "data", "convert", data, "--out", there);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--out"], "data", "convert", data, "--to", "voc");
        await CliRun.Fails(ExitCodes.WrongUsage, ["coco", "voc", "yolo"], "data", "convert", data, "--to", "kitti", "--out", there);
        await CliRun.Fails(ExitCodes.WrongUsage, ["there already"], "data", "convert", data, "--to", "voc", "--out", data);
        await CliRun.Fails(ExitCodes.WrongUsage, ["data check"], "data");
        await CliRun.Fails(ExitCodes.WrongUsage, [".png"], "data", "check", data, "--out", "sheet.jpg");
        await CliRun.Fails(ExitCodes.BadInput, ["no such file"], "data", "check", there);
        Assert.Equal(["folder"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    /// <summary>Writes a set of two parts with four images, one of which is damaged and one in both parts.</summary>
    private string WriteCoco()
    {
        const string Categories = """[{ "id": 2, "name": "cat" }, { "id": 5, "name": "dog" }]""";
        byte[] image = PngEncoder.Encode(TestData.Pattern(64, 48, 3));
        byte[] other = PngEncoder.Encode(TestData.Pattern(64, 48, 1));
        return TestData.WriteSet(
            _folder,
            "folder",
            ("annotations/train.json", Encoding.UTF8.GetBytes($$"""
            { "images": [{ "id": 1, "file_name": "train/1.png", "width": 64, "height": 48 },
                         { "id": 2, "file_name": "train/2.png", "width": 64, "height": 48 },
                         { "id": 3, "file_name": "train/bad.png", "width": 64, "height": 48 }],
              "categories": {{Categories}},
              "annotations": [
                { "id": 1, "image_id": 1, "category_id": 2, "bbox": [2, 4, 40, 40], "segmentation": [[2, 4, 42, 4, 42, 44, 2, 44]] },
                { "id": 2, "image_id": 1, "category_id": 2, "bbox": [50, 40, 20, 8] }] }
            """)),
            ("annotations/test.json", Encoding.UTF8.GetBytes($$"""
            { "images": [{ "id": 1, "file_name": "test/1.png", "width": 64, "height": 48 }],
              "categories": {{Categories}}, "annotations": [] }
            """)),
            ("train/1.png", image),
            ("train/2.png", other),
            ("train/bad.png", [1, 2, 3]),
            ("test/1.png", image));
    }
}
