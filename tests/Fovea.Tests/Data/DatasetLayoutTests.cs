using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class DatasetLayoutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train", "val", "test")]
    [InlineData("Training", "Validation", "Testing")]
    [InlineData("seg_train/seg_train", "seg_val/seg_val", "seg_test/seg_test")]
    [InlineData("archive/data/training_set", "archive/data/valid", "archive/data/test_set")]
    [InlineData("train/train", "dev", "test")]
    public void Parts_are_known_by_their_names_below_any_outer_folder(string training, string validation, string test)
    {
        DatasetParts parts = Open(Classes(training, 3, "cat", "dog"), Classes(validation, 2, "cat", "dog"), Classes(test, 1, "cat", "dog"));
        Assert.Equal((6, 4, 2), (parts.Training.Count, parts.Validation!.Count, parts.Test!.Count));
        Assert.Equal("cat/0.png", parts.Training.NameOf(0));
        Assert.Same(parts.Test, parts.Measured);
        Assert.Empty(parts.Notes);
    }

    [Fact]
    public void An_unlabelled_test_part_is_passed_over_with_a_note()
    {
        DatasetParts parts = Open(Classes("train", 3, "cat", "dog"), Classes("val", 2, "cat", "dog"), ["test/1.png", "test/2.png"]);
        Assert.Null(parts.Test);
        Assert.Same(parts.Validation, parts.Measured);
        Assert.Contains("test/ has 2 images but no class folders", Assert.Single(parts.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_test_part_in_one_folder_of_no_class_is_passed_over_with_a_note()
    {
        DatasetParts parts = Open(Classes("train", 3, "cat", "dog"), ["test/unknown/1.png", "test/unknown/2.png"]);
        Assert.Null(parts.Test);
        Assert.Contains("unknown", Assert.Single(parts.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_lies_beside_the_parts_is_passed_over_with_a_note()
    {
        DatasetParts parts = Open(
            Classes("training_set", 3, "cats", "dogs"), Classes("test_set", 2, "cats", "dogs"), ["single_prediction/1.jpg", "2.png"]);
        Assert.Equal(["cats", "dogs"], parts.Training.Classes);
        Assert.Null(parts.Validation);
        Assert.Equal(4, parts.Test!.Count);
        Assert.Contains("single_prediction/", parts.Notes[0], StringComparison.Ordinal);
        Assert.Contains("'2.png'", parts.Notes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_may_lack_some_of_the_classes_and_have_their_labels_all_the_same()
    {
        DatasetParts parts = Open(Classes("train", 2, "ant", "bee", "cat"), Classes("val", 2, "cat"), ["val/ant/notes.txt"]);
        Assert.Equal(["ant", "bee", "cat"], parts.Validation!.Classes);
        Assert.Equal([2, 2], Enumerable.Range(0, 2).Select(parts.Validation.LabelOf));
    }

    [Fact]
    public void A_class_that_only_another_part_has_is_an_error_that_names_it()
    {
        string message = Failure(Classes("train", 2, "ant", "bee"), Classes("val", 2, "ant", "wasp"));
        Assert.Contains("wasp", message, StringComparison.Ordinal);
        Assert.Contains("val", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_folders_for_one_part_are_an_error_unless_one_has_its_very_name()
    {
        string message = Failure(Classes("big_train", 2, "a", "b"), Classes("small_train", 2, "a", "b"), Classes("test", 2, "a", "b"));
        Assert.Contains("big_train/, small_train/", message, StringComparison.Ordinal);
        DatasetParts parts = Open(Classes("train", 2, "a", "b"), Classes("test", 1, "a", "b"));
        Assert.Equal(4, parts.Training.Count);
        Assert.Contains("big_train/", Assert.Single(parts.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_train_is_a_vehicle_among_others()
    {
        DatasetParts parts = Open(Classes("", 2, "bus", "car", "train"));
        Assert.Equal(["bus", "car", "train"], parts.Training.Classes);
        Assert.Empty(parts.Notes);
    }

    [Fact]
    public void A_folder_one_level_too_high_is_named()
    {
        DatasetParts parts = Open(Classes("first", 2, "cat", "dog"), Classes("second", 2, "cat", "dog"));
        Assert.Equal(["first", "second"], parts.Training.Classes);
        string note = Assert.Single(parts.Notes);
        Assert.Contains("one level too high", note, StringComparison.Ordinal);
        Assert.Contains("set/first", note, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_without_class_folders_are_no_classes()
    {
        Assert.Contains("parts of a data set", Failure([["train/1.png", "test/1.png"]]), StringComparison.Ordinal);
        Assert.Contains("in no class folder", Failure(["1.png", "2.png"], clear: true), StringComparison.Ordinal);
    }

    private static string[] Classes(string part, int each, params string[] classes) =>
        [.. classes.SelectMany(name => Enumerable.Range(0, each).Select(i => Path.Combine(part, name, $"{i}.png")))];

    private DatasetParts Open(params string[][] files)
    {
        foreach (string file in files.SelectMany(part => part))
        {
            _folder.Write($"set/{file}", file.EndsWith(".txt", StringComparison.Ordinal) ? [1] : TestData.SmallPng(1));
        }

        return Datasets.OpenParts(_folder.File("set"));
    }

    private string Failure(params string[][] files) => Assert.Throws<InvalidDatasetException>(() => Open(files)).Message;

    private string Failure(string[] files, bool clear)
    {
        if (clear)
        {
            Directory.Delete(_folder.File("set"), recursive: true);
        }

        return Failure(files);
    }
}
