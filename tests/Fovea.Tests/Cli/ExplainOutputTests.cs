using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Explanations;
using Fovea.Models;

namespace Fovea.Tests.Cli;

public sealed class ExplainOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _checkpoint;
    private readonly string _data;

    public ExplainOutputTests()
    {
        (_checkpoint, _data) = (_folder.File("fresh.safetensors"), TinyImages.Write(_folder.File("images"), 2));
        using Model model = Model.Create("cmt_nano", new ModelOptions(Classes: 3, Height: 32, Width: 32), 1);
        Checkpoint.Save(_checkpoint, model);
    }

    private string Image => Path.Combine(_data, "apple", "00.png");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Several_maps_of_an_image_are_drawn_each_by_itself_on_a_sheet_and_on_a_page_with_the_attention_of_every_cell()
    {
        string maps = _folder.File("maps");
        await CliRun.Succeeds(
            "explain", _checkpoint, Image, "--method", "grad-cam", "--method", "layer-cam", "--class", "class 1", "--out", maps);
        Assert.Equal(
            ["00-grad-cam-class 1.png", "00-layer-cam-class 1.png", "00-sheet.png", "explanation.html"],
            Directory.GetFiles(maps).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Image one = ImageFile.Read(Path.Combine(maps, "00-grad-cam-class 1.png"));
        Assert.True(ImageFile.Read(Path.Combine(maps, "00-sheet.png")).Width > 3 * one.Width);

        JsonArray shown = MapsOf(File.ReadAllText(Path.Combine(maps, "explanation.html")));
        JsonObject map = shown.Select(node => node!.AsObject()).First(one => one["queries"] is not null);
        using Explainer explainer = Explainer.Load(_checkpoint);
        AttentionMaps attention = explainer.Attend(ImageFile.Read(Image));
        Assert.Equal((string)map["label"]!, $"attention · {attention.Layer}");
        Assert.Equal(attention.Heads + 1, map["choices"]!.AsArray().Count);
        (int height, int width) = (attention.Queries.Height, attention.Queries.Width);
        Assert.Equal((height, width), ((int)map["queries"]!["height"]!, (int)map["queries"]!["width"]!));
        for (int cell = 0; cell < height * width; cell++)
        {
            AssertMap(attention.OfCell(cell / width, cell % width).Values.ToArray(), map["choices"]![0]!, cell);
            AssertMap(attention.OfCell(cell / width, cell % width, 1).Values.ToArray(), map["choices"]![2]!, cell);
        }
    }

    [Fact]
    public async Task Faithfulness_is_measured_on_a_data_set()
    {
        string curves = _folder.File("curves");
        JsonObject answer = await CliRun.Succeeds(
            "explain", _checkpoint, "--evaluate", _data, "--images", "1", "--method", "grad-cam", "--out", curves);
        Assert.Equal(1, (int)answer["images"]!);
        Assert.Equal(["grad-cam", "centre", "random"], answer["methods"]!.AsArray().Select(row => (string)row!["method"]!));
        Assert.All(answer["methods"]!.AsArray(), row =>
        {
            Assert.InRange((double)row!["insertion"]!, 0, 1);
            Assert.Equal((double)row["insertion"]! - (double)row["deletion"]!, (double)row["difference"]!);
            Assert.Equal(33, row["deletionCurve"]!.AsArray().Count);
        });
        Assert.Equal(["deletion.svg", "insertion.svg"], Directory.GetFiles(curves).Select(path => Path.GetFileName(path)).Order());
        await CliRun.Fails(ExitCodes.WrongUsage, ["--evaluate", "IMAGE"], "explain", _checkpoint, Image, "--evaluate", _data);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--images 0"], "explain", _checkpoint, "--evaluate", _data, "--images", "0");
    }

    [Fact]
    public async Task Images_that_cannot_be_read_are_left_out_of_a_measurement_up_to_a_number()
    {
        File.WriteAllText(Image, "no image");
        string[] measure = ["explain", _checkpoint, "--evaluate", _data, "--images", "2", "--method", "grad-cam"];
        Assert.Equal(1, (int)(await CliRun.Succeeds(measure))["images"]!);
        await CliRun.Fails(ExitCodes.BadInput, ["00.png", "--max-bad 1"], [.. measure, "--max-bad", "0"]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--max-bad -1"], [.. measure, "--max-bad", "-1"]);
    }

    [Fact]
    public async Task A_detector_is_not_explained_while_it_is_trained()
    {
        const string Model = "retinanet:cmt_nano";
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--explain-every", Model], "train", _data, "--model", Model, "--explain-every", "1");
    }

    private static JsonArray MapsOf(string page)
    {
        const string Start = "id=\"maps\">";
        string from = page[(page.IndexOf(Start, StringComparison.Ordinal) + Start.Length)..];
        return JsonNode.Parse(from[..from.IndexOf("</script>", StringComparison.Ordinal)])!["images"]![0]!["maps"]!.AsArray();
    }

    private static void AssertMap(float[] values, JsonNode choice, int row)
    {
        float least = float.Parse((string)choice["least"]![row]!, CultureInfo.InvariantCulture);
        float most = float.Parse((string)choice["most"]![row]!, CultureInfo.InvariantCulture);
        byte[] bytes = Convert.FromBase64String((string)choice["data"]!)[(row * values.Length)..][..values.Length];
        float tolerance = ((most - least) / 500) + (0.006f * most);
        Assert.All(values.Zip(bytes), pair => Assert.Equal(pair.First, least + ((most - least) * pair.Second / 255), tolerance));
    }
}
