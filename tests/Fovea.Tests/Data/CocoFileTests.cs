using System.Text;
using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class CocoFileTests
{
    private const string Images = """[{"id": 7, "width": 20, "height": 10, "file_name": "a.jpg"}]""";
    private const string Categories = """[{"id": 1, "name": "cat"}, {"id": 90, "name": "dog"}]""";

    [Fact]
    public void A_file_that_was_written_reads_the_same()
    {
        RunLengthMask mask = RunLengthMask.FromCounts(10, 20, [3, 4, 193]);
        CocoFile file = new(
            [new CocoImage(7, 20, 10, "a.jpg"), new CocoImage(9, 30, 40)],
            [new CocoCategory(90, "dög"), new CocoCategory(2, "cat")],
            [
                new CocoAnnotation(900100581904, 7, 90, new CocoBox(1.25, 2, 3, 4), 5.5, true, new CocoSegmentation(mask)),
                new CocoAnnotation(2, 9, 2, new CocoBox(0, 0, 1, 1), 1, Segmentation: new CocoSegmentation([[0.1, 2, 3, 4, 5, 6]])),
                new CocoAnnotation(3, 9, 2, new CocoBox(0, 0, 2, 1), 2),
            ]);
        using MemoryStream stream = new();
        file.Write(stream);
        stream.Position = 0;
        CocoFile read = CocoFile.Read(stream, "again");
        Assert.Equal(file.Images, read.Images);
        Assert.Equal(file.Categories, read.Categories);
        Assert.Equal(
            file.Annotations.Select(annotation => annotation with { Segmentation = null }),
            read.Annotations.Select(annotation => annotation with { Segmentation = null }));
        Assert.Equal([3, 4, 193], read.Annotations[0].Segmentation!.Mask!.Counts.ToArray());
        Assert.Equal([0.1, 2, 3, 4, 5, 6], Assert.Single(read.Annotations[1].Segmentation!.Polygons!));
    }

    [Fact]
    public void Results_that_were_written_read_the_same()
    {
        CocoResult[] results =
        [
            new(7, 90, 0.1, new CocoBox(1, 2, 3, 4.5)),
            new(7, 1, 1.0 / 3, null, new CocoSegmentation(RunLengthMask.FromCounts(10, 20, [0, 200]))),
        ];
        using MemoryStream stream = new();
        CocoResults.Write(stream, results);
        stream.Position = 0;
        IReadOnlyList<CocoResult> read = CocoResults.Read(stream, "again");
        Assert.Equal(results[0], read[0]);
        Assert.Equal(results[1] with { Segmentation = null }, read[1] with { Segmentation = null });
        Assert.Equal(200, read[1].Segmentation!.Mask!.Area);
    }

    [Fact]
    public void Both_forms_of_runs_and_polygons_give_the_same_mask()
    {
        string compressed = RunLengthMask.FromRectangle(10, 20, new CocoBox(2, 1, 6, 3)).ToCompressed();
        CocoFile file = Read($$"""
            [{"id": 1, "image_id": 7, "category_id": 1, "segmentation": [[2, 1, 8, 1, 8, 4, 2, 4]]},
             {"id": 2, "image_id": 7, "category_id": 1, "iscrowd": 1,
              "segmentation": {"size": [10, 20], "counts": [21, 3, 7, 3, 7, 3, 7, 3, 7, 3, 7, 3, 126]} },
             {"id": 3, "image_id": 7, "category_id": 1, "iscrowd": false,
              "segmentation": {"counts": "{{compressed}}", "size": [10, 20]} }]
            """);
        Assert.All(file.Annotations, annotation =>
        {
            Assert.Equal([21, 3, 7, 3, 7, 3, 7, 3, 7, 3, 7, 3, 126], annotation.Segmentation!.ToMask(10, 20).Counts.ToArray());
            Assert.Equal(new CocoBox(2, 1, 6, 3), annotation.Box);
            Assert.Equal(18, annotation.Area);
        });
        Assert.Equal([false, true, false], file.Annotations.Select(annotation => annotation.Crowd));
    }

    [Fact]
    public void An_annotation_without_area_has_that_of_its_box_and_an_empty_outline_is_none()
    {
        CocoAnnotation annotation = Assert.Single(
            Read("""[{"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4.5], "segmentation": []}]""").Annotations);
        Assert.Equal(13.5, annotation.Area);
        Assert.Null(annotation.Segmentation);
    }

    [Theory]
    [InlineData("""{"id": 1, "image_id": 8, "category_id": 1, "bbox": [1, 2, 3, 4]}""", "Annotation 1 is of image 8, which is not listed")]
    [InlineData("""{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}""", "annotations[0] has no 'id'")]
    [InlineData("null", "annotations[0] is null")]
    [InlineData("""{"id": 1""", "no JSON (line ")]
    public void A_wrong_annotation_is_refused_with_its_place(string annotation, string expected) => AssertRefused(annotation, expected);

    [Theory]
    [InlineData("\"area\": 3", "annotations[0] (id 1) has no 'bbox'")]
    [InlineData("\"bbox\": [1, 2, 3]", "annotations[0] (id 1) has a 'bbox' of 3 numbers")]
    [InlineData("\"bbox\": [1, 2, 3, 1e999]", "annotations[0] (id 1) has a 'bbox' that is not finite")]
    [InlineData("\"bbox\": [1, 2, 3, \"x\"]", "'annotations[0].bbox[3]' (line 3) is not")]
    [InlineData("\"bbox\": {}", "'annotations[0].bbox' (line 3) is not what is expected there")]
    [InlineData("\"segmentation\": [1, 2]", "a polygon is a list of numbers")]
    [InlineData("\"segmentation\": [[1, 2, 3]]", "'annotations[0].segmentation' (line 3)")]
    [InlineData("\"segmentation\": {\"size\": [2, 2], \"counts\": \"12\"}", "its size of 2x2")]
    [InlineData("\"segmentation\": {\"counts\": \"12\"}", "'size'")]
    [InlineData("\"segmentation\": {\"size\": [2, 2]}", "'counts' is missing")]
    [InlineData("\"iscrowd\": 2", "0 or 1 is expected")]
    [InlineData("\"id\": 1", "id'")]
    public void A_wrong_member_is_refused_with_its_place(string member, string expected) =>
        AssertRefused($"{{\"id\": 1, \"image_id\": 7, \"category_id\": 1, {member}}}", expected);

    [Fact]
    public void An_id_that_stands_twice_is_refused()
    {
        CocoImage image = new(7, 20, 10);
        CocoCategory category = new(1, "cat");
        CocoAnnotation annotation = new(1, 7, 1, default, 0);
        Assert.Contains("The id 7 stands at two images", Problem([image, image], [category], [annotation]), StringComparison.Ordinal);
        Assert.Contains("The id 1 stands at two categories", Problem([image], [category, category], []), StringComparison.Ordinal);
        string problem = Problem([image], [category], [annotation, annotation]);
        Assert.Contains("The id 1 stands at two annotations", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_one_of_something_else_are_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Throws<InvalidDatasetException>(() => CocoFile.Read(folder.File("missing.json")));
        File.WriteAllText(folder.File("list.json"), "[]");
        Assert.Throws<InvalidDatasetException>(() => CocoFile.Read(folder.File("list.json")));
        Assert.Empty(CocoResults.Read(folder.File("list.json")));
        File.WriteAllText(folder.File("object.json"), """{"images": []}""");
        Assert.Contains(
            "The file has no 'categories'",
            Assert.Throws<InvalidDatasetException>(() => CocoFile.Read(folder.File("object.json"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidDatasetException>(() => CocoResults.Read(folder.File("object.json")));
    }

    private static void AssertRefused(string annotation, string expected)
    {
        InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(() => Read($"[{annotation}]"));
        Assert.StartsWith("some.json: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static string Problem(CocoImage[] images, CocoCategory[] categories, CocoAnnotation[] annotations) =>
        Assert.Throws<ArgumentException>(() => new CocoFile(images, categories, annotations)).Message;

    private static CocoFile Read(string annotations)
    {
        string json = $"{{\"info\": {{}}, \"images\": {Images},\n\"categories\": {Categories},\n\"annotations\": {annotations}}}";
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(json));
        return CocoFile.Read(stream, "some.json");
    }
}
