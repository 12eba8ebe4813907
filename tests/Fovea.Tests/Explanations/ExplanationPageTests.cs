using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Explanations;

namespace Fovea.Tests.Explanations;

public sealed class ExplanationPageTests
{
    [Fact]
    public void The_page_contains_each_map_to_a_255th_of_its_range()
    {
        float[] cat = [0.01f, 0.5f, -2, 7, 3, 1];
        string page = Page(Map(cat) with { Class = "cat" }, Map([0, 0, 0, 0, 0, 0]) with { Class = "</script><b>" });
        JsonObject map = Content(page)["images"]![0]!["maps"]![0]!.AsObject();
        Assert.Equal((2, 3), ((int)map["height"]!, (int)map["width"]!));
        JsonObject choice = map["choices"]![0]!.AsObject();
        Assert.Equal("cat", (string)choice["label"]!);
        float least = float.Parse((string)choice["least"]![0]!, CultureInfo.InvariantCulture);
        float most = float.Parse((string)choice["most"]![0]!, CultureInfo.InvariantCulture);
        byte[] bytes = Convert.FromBase64String((string)choice["data"]!);
        Assert.All(cat.Zip(bytes), pair => Assert.Equal(pair.First, least + ((most - least) * pair.Second / 255), (most - least) / 500));
        Assert.Equal("</script><b>", (string)map["choices"]![1]!["label"]!);
    }

    [Fact]
    public void The_page_needs_nothing_beside_it()
    {
        string page = Page(Map([1, 2, 3, 4, 5, 6]));
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("import ", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.StartsWith("data:image/png;base64,", (string)Content(page)["images"]![0]!["png"]!, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("</script>").Length - 1);
    }

    [Fact]
    public void Maps_of_several_methods_are_chosen_apart_and_those_of_several_classes_together()
    {
        Explanation one = Map([1, 2, 3, 4, 5, 6]);
        string page = Page(one with { Class = "cat" }, one with { Class = "dog" }, one with { Method = ExplanationMethod.LayerCam });
        JsonArray maps = Content(page)["images"]![0]!["maps"]!.AsArray();
        Assert.Equal([2, 1], maps.Select(map => map!["choices"]!.AsArray().Count));
    }

    [Fact]
    public void A_page_without_a_map_is_refused() => Assert.Throws<ArgumentException>(() => Page());

    private static string Page(params Explanation[] maps) => ExplanationPage.Render(
        "a <title>", [new ExplainedImage("one.png", Data.TestData.Pattern(32, 32, 3), maps, [])]);

    private static JsonObject Content(string page)
    {
        string from = page[(page.IndexOf("id=\"maps\">", StringComparison.Ordinal) + "id=\"maps\">".Length)..];
        return JsonNode.Parse(from[..from.IndexOf("</script>", StringComparison.Ordinal)])!.AsObject();
    }

    private static Explanation Map(float[] values) => new()
    {
        Method = ExplanationMethod.GradCam,
        Layer = "stage4",
        Height = 2,
        Width = 3,
        Values = values,
        Region = new ImageRegion(0, 0, 32, 32),
    };
}
