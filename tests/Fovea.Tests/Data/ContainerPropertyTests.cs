using CsCheck;
using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class ContainerPropertyTests
{
    private static readonly Gen<string> _folderName =
        Gen.OneOf("train", "test", "val", "cat", "dog", "a:b", "café", "cafe\u0301", "10", "9", ".hidden", "__MACOSX", "samples", "set");

    private static readonly Gen<(string Name, byte[]? Content)> _file =
        from folders in _folderName.Array[0, 4]
        from name in Gen.OneOf("1.png", "2.PNG", "3", "notes.txt", ".4.png")
        from value in Gen.Byte
        select (string.Join('/', [.. folders, name]), (byte[]?)(name == "notes.txt" ? [value] : TestData.SmallPng(value)));

    [Fact]
    public void A_tree_gives_the_same_set_as_folder_tar_gzip_and_zip() =>
        _file.Array[1, 20].Sample(
            files =>
            {
                (string Name, byte[]? Content)[] distinct = [.. files.DistinctBy(file => file.Name)];
                using TemporaryFolder folder = new();
                string[] answers = [.. new[] { "folder", "tar", "tar.gz", "zip" }.Select(kind => Answer(folder, kind, distinct))];
                return answers.Distinct().Count() == 1;
            },
            iter: 300,
            print: files => string.Join(", ", files.Select(file => file.Name)));

    /// <summary>Everything that is known of a set, or the message without the place.</summary>
    private static string Answer(TemporaryFolder folder, string kind, (string Name, byte[]? Content)[] files)
    {
        string path = TestData.WriteSet(folder, kind, files);
        try
        {
            using DatasetParts parts = Datasets.OpenParts(path);
            IImageDataset?[] sets = [parts.Training, parts.Validation, parts.Test];
            IEnumerable<string> images = sets.OfType<IImageDataset>().SelectMany(set => Enumerable.Range(0, set.Count).Select(
                index => $"{set.Classes[set.LabelOf(index)]}: {set.NameOf(index)} {set.Load(index).Pixels[0]}"));
            return string.Join('\n', [.. images, .. parts.Notes]).Replace(path, "");
        }
        catch (InvalidDatasetException error)
        {
            return error.Message.Replace(path, "");
        }
    }
}
