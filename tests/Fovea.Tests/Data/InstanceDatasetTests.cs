using System.Text;
using Fovea.Data;
using Fovea.Tests.Library;

namespace Fovea.Tests.Data;

public sealed class InstanceDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("folder")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    public void Coco_files_give_parts_classes_in_the_order_of_their_ids_masks_and_crowds(string kind)
    {
        const string Categories = """[{ "id": 90, "name": "dog" }, { "id": 3, "name": "cat" }]""";
        using InstanceParts parts = Open(
            kind,
            ("set/annotations/instances_train2017.json", $$"""
            { "images": [{ "id": 7, "file_name": "1.png", "width": 20, "height": 10 },
                         { "id": 9, "file_name": "2.png", "width": 20, "height": 10 },
                         { "id": 11, "file_name": "gone.png", "width": 20, "height": 10 }],
              "categories": {{Categories}},
              "annotations": [
                { "id": 1, "image_id": 7, "category_id": 90, "bbox": [2, 1, 4, 6], "area": 20, "iscrowd": 0,
                  "segmentation": [[2, 1, 6, 1, 6, 7, 2, 7]] },
                { "id": 2, "image_id": 7, "category_id": 3, "bbox": [0, 0, 2, 10], "iscrowd": 1,
                  "segmentation": { "size": [10, 20], "counts": [0, 20, 180] } },
                { "id": 3, "image_id": 7, "category_id": 3, "bbox": [18, 8, 5, 5] },
                { "id": 4, "image_id": 7, "category_id": 3, "bbox": [30, 8, 5, 5] },
                { "id": 5, "image_id": 7, "category_id": 3, "bbox": [5, 5, 0.5, 5] },
                { "id": 6, "image_id": 7, "category_id": 4, "bbox": [5, 5, 5, 5] }] }
            """),
            ("set/annotations/instances_val2017.json", $$"""
            { "images": [{ "id": 7, "file_name": "1.png", "width": 20, "height": 10 }], "categories": {{Categories}}, "annotations": [] }
            """),
            ("set/train2017/1.png", null),
            ("set/train2017/2.png", null),
            ("set/val2017/1.png", null),
            ("set/val2017/3.png", null));

        Assert.Equal(AnnotationForm.Coco, parts.Form);
        Assert.Equal(["cat", "dog"], parts.Training.Classes);
        Assert.Equal(["set/train2017/1.png", "set/train2017/2.png"], Names(parts.Training));
        Assert.Equal(["set/val2017/1.png"], Names(parts.Validation!));
        Assert.Null(parts.Test);
        Assert.True(parts.Training.HasMasks);

        IReadOnlyList<Instance> objects = parts.Training.InstancesOf(0);
        Assert.Equal([new Box(2, 1, 6, 7, 1), new Box(0, 0, 2, 10, 0), new Box(18, 8, 20, 10, 0)], objects.Select(one => one.Box));
        Assert.Equal([false, true, false], objects.Select(one => one.IsCrowd));
        Assert.Equal([20, 20, 4], objects.Select(one => one.Area));
        Assert.Equal([24, 20, null], objects.Select(one => one.Mask?.Area));
        Assert.Empty(parts.Training.InstancesOf(1));
        Assert.Equal(
            [
                (DataProblemKind.MissingImage, 1), (DataProblemKind.UnannotatedImage, 1), (DataProblemKind.UnknownClass, 1),
            ],
            parts.Problems.Select(problem => (problem.Kind, problem.Count)));
        Assert.Contains(parts.Notes, note => note.StartsWith("1 box outside its image is left out (", StringComparison.Ordinal));
        Assert.Contains(parts.Notes, note => note.Contains("annotation 6 of category 4", StringComparison.Ordinal));
        Assert.Contains(parts.Notes, note => note.StartsWith("1 box below 1 pixel in a side is left out (", StringComparison.Ordinal));
        Assert.DoesNotContain(parts.Notes, note => note.Contains("no image", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    public void Voc_files_count_pixels_from_one_and_lists_choose_the_parts(string kind)
    {
        using InstanceParts parts = Open(
            kind,
            ("VOC/Annotations/a.xml", Voc("a.jpg", ("dog", "1 1 20 10", true), ("cat", "3 2 6 7", false))),
            ("VOC/Annotations/b.xml", Voc("b.png", ("cat", "-4 2 6 700", false), ("cat", "25 2 30 7", false), ("cat", "x 2 30 7", false))),
            ("VOC/Annotations/c.xml", Voc("c.png")),
            ("VOC/Annotations/d.xml", Voc("d.png", ("bird", "1 1 5 5", false))),
            ("VOC/Annotations/e.xml", "<annotation><filename>"),
            ("VOC/JPEGImages/a.png", null),
            ("VOC/JPEGImages/b.png", null),
            ("VOC/JPEGImages/c.png", null),
            ("VOC/JPEGImages/d.png", null),
            ("VOC/SegmentationClass/a.png", null),
            ("VOC/ImageSets/Main/train.txt", "a\nb  1\n"),
            ("VOC/ImageSets/Main/trainval.txt", "a\nb\nc\n"),
            ("VOC/ImageSets/Main/test.txt", "c\r\n"));

        Assert.Equal(AnnotationForm.Voc, parts.Form);
        Assert.Equal(["cat", "dog"], parts.Training.Classes);
        Assert.Equal(["VOC/JPEGImages/a.png", "VOC/JPEGImages/b.png"], Names(parts.Training));
        Assert.Equal(["VOC/JPEGImages/c.png"], Names(parts.Test!));
        Assert.Null(parts.Validation);
        Assert.Equal(
            [new Instance(new Box(0, 0, 20, 10, 1), IsCrowd: true), new Instance(new Box(2, 1, 6, 7, 0))], parts.Training.InstancesOf(0));
        Assert.Equal([new Instance(new Box(0, 1, 6, 10, 0))], parts.Training.InstancesOf(1));
        Assert.Equal(new ImageSize(20, 10), parts.Training.SizeOf(0));
        DataProblem problem = Assert.Single(parts.Problems);
        Assert.Equal((DataProblemKind.UnreadableAnnotation, 1), (problem.Kind, problem.Count));
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("tar")]
    [InlineData("zip")]
    public void Yolo_files_give_boxes_around_centres_and_polygons_as_masks(string kind)
    {
        using InstanceParts parts = Open(
            kind,
            ("data.yaml", "train: images/train\nnames:\n  0: cat\n  1: 'big dog'  # large\nnc: 2\n"),
            ("images/train/a.png", null),
            ("images/train/b.png", null),
            ("images/val/c.png", null),
            ("labels/train/a.txt", "1 0.5 0.5 0.2 0.4\n0 0.1 0.1 0.3 0.1 0.3 0.7 0.1 0.7\n7 0.5 0.5 0.1 0.1\n0 0.5 0.5\n"),
            ("labels/val/c.txt", ""),
            ("labels/val/gone.txt", "0 0.5 0.5 0.2 0.4\n"));

        Assert.Equal(AnnotationForm.Yolo, parts.Form);
        Assert.Equal(["cat", "big dog"], parts.Training.Classes);
        Assert.Equal(["images/train/a.png", "images/train/b.png"], Names(parts.Training));
        Assert.Equal(["images/val/c.png"], Names(parts.Validation!));
        IReadOnlyList<Instance> objects = parts.Training.InstancesOf(0);
        Assert.Equal([new Box(8, 3, 12, 7, 1), new Box(2, 1, 6, 7, 0)], objects.Select(one => one.Box));
        Assert.Equal([null, 24], objects.Select(one => one.Mask?.Area));
        Assert.Empty(parts.Training.InstancesOf(1));
        Assert.Equal(
            [DataProblemKind.MissingImage, DataProblemKind.UnreadableAnnotation, DataProblemKind.UnknownClass],
            parts.Problems.Select(problem => problem.Kind));
    }

    [Theory]
    [InlineData("names: ['a, b', \"c\"]", "a, b", "c")]
    [InlineData("nc: 2\nnames: [\n  a,\n  b\n]\n", "a", "b")]
    [InlineData("names:\n- a\n- b # two\npath: .\n", "a", "b")]
    [InlineData("names: {0: a, 2: b}", "a", "1", "b")]
    [InlineData("path: names")]
    public void Names_of_yolo_classes_are_read_in_every_form_that_yaml_has_for_them(string yaml, params string[] names) =>
        Assert.Equal(names, YoloNames.OfYaml(yaml));

    [Fact]
    public void Images_without_objects_stay_unless_they_are_to_be_left_out()
    {
        string path = TestData.WriteSet(_folder, "folder",
        [
            ("images/a.png", Png()), ("images/b.png", Png()), ("labels/a.txt", "0 0.5 0.5 0.2 0.4"u8.ToArray()),
        ]);
        using InstanceParts all = InstanceDatasets.OpenParts(path);
        Assert.Equal(2, all.Training.Count);
        using InstanceParts filled = InstanceDatasets.OpenParts(path, new InstanceDatasetOptions { KeepEmptyImages = false });
        Assert.Equal(["images/a.png"], Names(filled.Training));
    }

    [Fact]
    public void A_set_of_parts_without_a_training_part_is_opened_but_not_trained_on()
    {
        string path = TestData.WriteSet(_folder, "folder",
        [
            ("images/val/a.png", Png()), ("images/test/b.png", Png()), ("labels/test/b.txt", "0 0.5 0.5 0.2 0.4"u8.ToArray()),
        ]);
        using InstanceParts parts = InstanceDatasets.OpenParts(path);
        Assert.Equal(["images/test/b.png"], Names(parts.Measured));
        Assert.Equal(["images/val/a.png"], Names(parts.Validation!));
        Assert.Equal(["val", "test"], DatasetCheck.Of(parts).Parts.Select(part => part.Name));
        string problem = Assert.Throws<InvalidDatasetException>(() => parts.Training).Message;
        Assert.Contains($"{path}: it has no training part, only val and test", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_of_a_model_are_matched_by_name_and_unknown_ones_are_refused()
    {
        byte[] annotation = Encoding.UTF8.GetBytes(Voc("a.png", ("cat", "1 1 5 5", false)));
        string path = TestData.WriteSet(_folder, "folder", ("a.xml", annotation), ("a.png", Png()));
        using InstanceParts parts = InstanceDatasets.OpenParts(path, new InstanceDatasetOptions { Classes = ["dog", "cat"] });
        Assert.Equal(1, parts.Training.InstancesOf(0)[0].Box.Label);
        InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(
            () => InstanceDatasets.OpenParts(path, new InstanceDatasetOptions { Classes = ["dog"] }));
        Assert.Contains("cat", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Annotations_of_an_image_as_it_is_stored_are_turned_with_it()
    {
        byte[] turned = File.ReadAllBytes(Picture("exif6.jpg"));
        Image image = ImageFile.Decode(turned, "exif6.jpg");
        (int width, int height) = (image.Height, image.Width);
        string path = TestData.WriteSet(_folder, "folder", ("exif6.jpg", turned), ("train.json", Encoding.UTF8.GetBytes($$"""
            { "images": [{ "id": 1, "file_name": "exif6.jpg", "width": {{width}}, "height": {{height}} }],
              "categories": [{ "id": 1, "name": "cat" }],
              "annotations": [{ "id": 1, "image_id": 1, "category_id": 1, "bbox": [2, 1, 4, 3],
                                "segmentation": [[2, 1, 6, 1, 6, 4, 2, 4]] }] }
            """)));
        using InstanceParts parts = InstanceDatasets.OpenParts(path);
        Instance one = Assert.Single(parts.Training.InstancesOf(0));
        Assert.Equal(new Box(height - 4, 2, height - 1, 6, 0), one.Box);
        Assert.Equal(new CocoBox(height - 4, 2, 3, 4), one.Mask!.Bounds);
        Assert.Equal((image.Width, image.Height), (one.Mask.Width, one.Mask.Height));
        Assert.Equal(image.Width, parts.Training.Load(0).Width);
    }

    [Fact]
    public void An_image_of_another_size_than_its_annotations_state_is_refused()
    {
        byte[] annotation = Encoding.UTF8.GetBytes(Voc("a.png"));
        string path = TestData.WriteSet(_folder, "folder", ("a.xml", annotation), ("a.png", TestData.SmallPng(1)));
        using InstanceParts parts = InstanceDatasets.OpenParts(path);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => parts.Training.Load(0));
        Assert.Contains("3×2", error.Message, StringComparison.Ordinal);
        Assert.Contains("20×10", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("base.jpg")]
    [InlineData("exif3.jpg")]
    [InlineData("exif8.jpg")]
    [InlineData("e5.png")]
    [InlineData("e7.webp")]
    [InlineData("gif.gif")]
    [InlineData("b24.bmp")]
    [InlineData("rgb16.png")]
    public void A_header_tells_size_and_orientation_as_the_decoder_does(string picture)
    {
        byte[] bytes = File.ReadAllBytes(Picture(picture));
        Image image = ImageFile.Decode(bytes, picture);
        Assert.Equal((new ImageSize(image.Width, image.Height), image.StoredAs), ImageHeader.Read(bytes, picture));
    }

    [Fact]
    public void A_set_of_class_folders_has_no_annotations()
    {
        string path = TestData.WriteSet(_folder, "folder", ("cat/1.png", Png()), ("dog/1.png", Png()), ("dog/notes.txt", [65]));
        Assert.Null(InstanceDatasets.FindParts(path));
        InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(() => InstanceDatasets.OpenParts(path));
        Assert.Contains("COCO", error.Message, StringComparison.Ordinal);
    }

    private static string Picture(string name) => Path.Combine(ChildProcess.Repository, "tests/Fovea.Tests/Data/pictures", name);

    private static byte[] Png() => PngEncoder.Encode(TestData.Pattern(20, 10, 3));

    private static string Voc(string name, params (string Class, string Box, bool Difficult)[] objects)
    {
        StringBuilder text = new($"<annotation><filename>{name}</filename><size><width>20</width><height>10</height></size>");
        foreach ((string label, string box, bool difficult) in objects)
        {
            string[] sides = box.Split(' ');
            text.Append($"<object><name>{label}</name><difficult>{(difficult ? 1 : 0)}</difficult><bndbox>")
                .Append($"<xmin>{sides[0]}</xmin><ymin>{sides[1]}</ymin><xmax>{sides[2]}</xmax><ymax>{sides[3]}</ymax></bndbox>")
                .Append("<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>");
        }

        return text.Append("</annotation>").ToString();
    }

    private static string[] Names(IInstanceDataset set) => [.. Enumerable.Range(0, set.Count).Select(set.NameOf)];

    /// <summary>Opens a set of texts, and of images of 20×10 pixels where there is no text.</summary>
    private InstanceParts Open(string kind, params (string Name, string? Text)[] files) => InstanceDatasets.OpenParts(TestData.WriteSet(
        _folder, kind, [.. files.Select(file => (file.Name, (byte[]?)(file.Text is null ? Png() : Encoding.UTF8.GetBytes(file.Text))))]));
}
