using System.Text;
using Fovea.Data;
using Fovea.Tests.Library;

namespace Fovea.Tests.Data;

public sealed class SegmentationDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("folder")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    public void Images_and_label_maps_of_the_same_names_make_parts(string kind)
    {
        using SegmentationParts parts = Open(
            kind,
            ("set/classes.txt", Text("sky\ntraffic light\n")),
            ("set/images/train/b.png", Photo(3, 2)),
            ("set/images/train/a.png", Photo(3, 2)),
            ("set/images/test/c.png", Photo(2, 3)),
            ("set/annotations/train/a.png", Map(3, 2, 0, 1, 255, 1, 0, 0)),
            ("set/annotations/train/b.png", Map(3, 2, 1, 1, 1, 1, 1, 1)),
            ("set/annotations/test/c.png", Map(2, 3, 0, 0, 0, 0, 0, 0)));
        Assert.Equal(["sky", "traffic light"], parts.Training.Classes);
        Assert.Empty(parts.Training.Colors);
        Assert.Equal((2, 1), (parts.Training.Count, parts.Test!.Count));
        Assert.Null(parts.Validation);
        Assert.Equal("set/images/train/a.png", parts.Training.NameOf(0));
        Assert.Equal([0, 1, 255, 1, 0, 0], parts.Training.LoadLabels(0).Pixels);
        using Sample sample = new();
        sample.Start(parts.Training.Load(0));
        parts.Training.Describe(0, sample);
        Assert.Equal([0, 1, 255, 1, 0, 0], sample.Mask.ToArray());
        Assert.Empty(parts.Problems);
    }

    [Fact]
    public void Files_without_a_partner_are_left_out_and_named()
    {
        using SegmentationParts parts = Open(
            "folder",
            ("classes.txt", Text("one")),
            ("images/a.png", Photo(2, 1)),
            ("images/alone.png", Photo(2, 1)),
            ("annotations/a.png", Map(2, 1, 0, 0)),
            ("annotations/left.png", Map(2, 1, 0, 0)),
            ("annotations/over.png", Map(2, 1, 0, 0)));
        Assert.Equal(1, parts.Training.Count);
        Assert.Equal(
            [(DataProblemKind.MissingLabels, 1), (DataProblemKind.UnusedLabels, 2)],
            parts.Problems.Select(problem => (problem.Kind, problem.Count)));
        Assert.Contains(parts.Notes, note => note.Contains("images/alone.png", StringComparison.Ordinal));
        Assert.Contains(parts.Notes, note => note.Contains("annotations/left.png, annotations/over.png", StringComparison.Ordinal));
    }

    [Fact]
    public void Label_maps_of_another_size_or_with_an_unknown_index_are_errors_that_name_them_and_a_check_counts_them()
    {
        using SegmentationParts parts = Open(
            "folder",
            ("classes.txt", Text("one\ntwo")),
            ("images/a.png", Photo(2, 1)),
            ("images/b.png", Photo(3, 1)),
            ("images/c.png", Photo(4, 1)),
            ("images/d.png", Photo(5, 1)),
            ("annotations/a.png", Map(2, 1, 0, 1)),
            ("annotations/b.png", Map(2, 1, 0, 1)),
            ("annotations/c.png", Map(4, 1, 7, 0, 1, 2)),
            ("annotations/d.png", Photo(5, 1)));
        string[] expected = ["annotations/b.png: it has 2×1 pixels", "annotations/c.png: it has the index 2", "annotations/d.png: "];
        for (int i = 0; i < expected.Length; i++)
        {
            InvalidImageException error = Assert.Throws<InvalidImageException>(() => parts.Training.LoadLabels(i + 1));
            Assert.Contains(expected[i], error.Message, StringComparison.Ordinal);
        }

        DatasetCheck check = DatasetCheck.Of(parts);
        Assert.True(check.HasLabelMaps);
        Assert.Equal(
            [DataProblemKind.OtherSize, DataProblemKind.UnreadableLabels, DataProblemKind.UnknownIndex],
            check.Problems.Select(problem => problem.Kind));
        Assert.Equal([("one", 1, 1L), ("two", 1, 1L)], check.Parts[0].Classes.Select(one => (one.Name, one.Images, one.Pixels)));
    }

    [Fact]
    public void Zero_may_stand_for_no_class_and_any_number_for_pixels_that_are_left_out()
    {
        (string, byte[])[] files =
        [
            ("classes.txt", Text("one\ntwo\nthree")),
            ("images/a.png", Photo(5, 1)),
            ("annotations/a.png", Map(5, 1, 0, 1, 2, 3, 255)),
        ];
        using SegmentationParts reduced = Open("folder", new SegmentationLabels { ReduceZeroLabel = true }, files);
        Assert.Equal([255, 0, 1, 2, 255], reduced.Training.LoadLabels(0).Pixels);
        using SegmentationParts ignored = Open("folder", new SegmentationLabels { ReduceZeroLabel = true, Ignored = 1 }, files);
        Assert.Equal([255, 0, 255, 2, 255], ignored.Training.LoadLabels(0).Pixels);
        using SegmentationParts plain = Open("folder", new SegmentationLabels { Ignored = 2 }, files);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => plain.Training.LoadLabels(0));
        Assert.Contains("index 3", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("road 128 64 128\nsky #0000ff")]
    [InlineData("128 64 128\troad\n0 0 255 sky")]
    [InlineData("road,128,64,128\r\nsky;0;0;255\r\n")]
    public void A_list_of_classes_may_give_their_colours(string list)
    {
        using SegmentationParts parts = Open(
            "folder", ("classes.txt", Text(list)), ("images/a.png", Photo(1, 1)), ("annotations/a.png", Map(1, 1, 0)));
        Assert.Equal(["road", "sky"], parts.Training.Classes);
        Assert.Equal([new Rgb(128, 64, 128), new Rgb(0, 0, 255)], parts.Training.Colors);
    }

    [Fact]
    public void Classes_may_be_asked_for_in_another_order_and_a_set_without_a_list_needs_them()
    {
        (string, byte[]) image = ("images/a.png", Photo(3, 1));
        (string, byte[]) map = ("annotations/a.png", Map(3, 1, 0, 1, 255));
        string path = TestData.WriteSet(_folder, "zip", image, map);
        Assert.Contains(
            "classes.txt",
            Assert.Throws<InvalidDatasetException>(() => SegmentationDatasets.OpenParts(path)).Message,
            StringComparison.Ordinal);
        using (SegmentationParts asked = SegmentationDatasets.OpenParts(path, new() { Classes = ["x", "y"] }))
        {
            Assert.Equal([0, 1, 255], asked.Training.LoadLabels(0).Pixels);
        }

        path = TestData.WriteSet(_folder, "tar", ("classes.txt", Text("one\ntwo")), image, map);
        using SegmentationParts turned = SegmentationDatasets.OpenParts(path, new() { Classes = ["two", "one"] });
        Assert.Equal([1, 0, 255], turned.Training.LoadLabels(0).Pixels);
        Assert.Throws<InvalidDatasetException>(() => SegmentationDatasets.OpenParts(path, new() { Classes = ["two", "three"] }));
    }

    [Fact]
    public void Masks_of_objects_are_painted_small_ones_last_with_a_background_where_it_is_asked_for()
    {
        const string Coco = """
            { "images": [{ "id": 1, "file_name": "a.png", "width": 5, "height": 1 }],
              "categories": [{ "id": 1, "name": "cat" }, { "id": 2, "name": "dog" }],
              "annotations": [
                { "id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 0, 1, 1],
                  "segmentation": { "size": [1, 5], "counts": [1, 1, 3] } },
                { "id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 0, 3, 1],
                  "segmentation": { "size": [1, 5], "counts": [0, 3, 2] } },
                { "id": 3, "image_id": 1, "category_id": 1, "bbox": [2, 0, 2, 1], "iscrowd": 1,
                  "segmentation": { "size": [1, 5], "counts": [2, 2, 1] } }] }
            """;
        string path = TestData.WriteSet(_folder, "folder", ("train.json", Text(Coco)), ("a.png", Photo(5, 1)));
        using (SegmentationParts objects = SegmentationDatasets.OpenParts(path))
        {
            Assert.Equal(["cat", "dog"], objects.Training.Classes);
            Assert.Equal([0, 1, 0, 255, 255], objects.Training.LoadLabels(0).Pixels);
        }

        using (SegmentationParts all = SegmentationDatasets.OpenParts(path, new() { Labels = new() { Background = "ground" } }))
        {
            Assert.Equal(["ground", "cat", "dog"], all.Training.Classes);
            Assert.Equal([1, 2, 1, 255, 0], all.Training.LoadLabels(0).Pixels);
        }

        using SegmentationParts asked = SegmentationDatasets.OpenParts(path, new() { Classes = ["dog", "ground", "cat"] });
        Assert.Equal([2, 0, 2, 255, 1], asked.Training.LoadLabels(0).Pixels);
    }

    [Fact]
    public void A_label_map_of_the_stored_size_is_turned_with_its_image()
    {
        byte[] turned = File.ReadAllBytes(Path.Combine(ChildProcess.Repository, "tests/Fovea.Tests/Data/pictures/exif6.jpg"));
        Image image = ImageFile.Decode(turned, "exif6.jpg");
        byte[] stored = new byte[image.Width * image.Height];
        stored[0] = 1;
        using SegmentationParts parts = Open(
            "folder",
            ("classes.txt", Text("one\ntwo")),
            ("images/a.jpg", turned),
            ("annotations/a.png", Map(image.Height, image.Width, stored)));
        Image labels = parts.Training.LoadLabels(0);
        Assert.Equal((image.Width, image.Height), (labels.Width, labels.Height));

        // The stored image lies a quarter turn to the left: its first pixel is the last of the first row.
        Assert.Equal(image.Width - 1, Array.IndexOf(labels.Pixels, (byte)1));
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Photo(int width, int height) => PngEncoder.Encode(TestData.Pattern(width, height, 3));

    private static byte[] Map(int width, int height, params byte[] numbers) => PngEncoder.Encode(new Image(width, height, 1, numbers));

    private SegmentationParts Open(string kind, params (string Name, byte[] Content)[] files) =>
        Open(kind, new SegmentationLabels(), files);

    private SegmentationParts Open(string kind, SegmentationLabels labels, params (string Name, byte[] Content)[] files) =>
        SegmentationDatasets.OpenParts(
            TestData.WriteSet(_folder, kind, [.. files.Select(file => (file.Name, (byte[]?)file.Content))]),
            new SegmentationDatasetOptions { Labels = labels });
}
