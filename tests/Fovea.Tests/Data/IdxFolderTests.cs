using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class IdxFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_with_emnist_names_open_with_the_characters_of_its_mapping()
    {
        Write("emnist-letters-train", "-idx3-ubyte.gz", [1, 2, 2]);
        Write("emnist-letters-test", "-idx3-ubyte.gz", [2, 1]);
        _folder.Write("emnist-letters-mapping.txt", "1 65 97\n2 66 98\n"u8.ToArray());
        DatasetParts parts = Datasets.OpenParts(_folder.Path);
        Assert.Equal(["A", "B"], parts.Training.Classes);
        Assert.Equal([0, 1, 1], Enumerable.Range(0, 3).Select(parts.Training.LabelOf));
        Assert.Equal([1, 0], Enumerable.Range(0, 2).Select(parts.Test!.LabelOf));
        Assert.Equal("emnist-letters-test#0", parts.Test.NameOf(0));
    }

    [Theory]
    [InlineData("train", ".bin")]
    [InlineData("my_train", "")]
    [InlineData("raw/train", ".idx3-ubyte")]
    [InlineData("something", ".idx")]
    public void Files_are_told_by_their_content(string prefix, string suffix)
    {
        Write(prefix, suffix, [0, 1, 0]);
        _folder.Write("readme.txt", "IDX"u8.ToArray());
        Assert.Equal(3, Datasets.Open(_folder.Path).Count);
    }

    [Fact]
    public void Several_sets_in_one_folder_are_named()
    {
        Write("emnist-letters-train", "-idx3-ubyte", [0, 1]);
        Write("emnist-digits-train", "-idx3-ubyte", [0, 1]);
        string message = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(_folder.Path)).Message;
        Assert.Contains("emnist-letters-train-images-idx3-ubyte", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_and_its_compressed_copy_are_one()
    {
        Write("train", "-idx3-ubyte", [0, 1]);
        Write("train", "-idx3-ubyte.gz", [0, 1]);
        Assert.Equal(2, Datasets.Open(_folder.Path).Count);
    }

    [Fact]
    public void Names_that_stand_twice_are_told_apart_with_a_note()
    {
        Write("train", "-idx3-ubyte", [0, 1, 2]);
        _folder.Write("classes.txt", "crane\nowl\ncrane\n"u8.ToArray());
        DatasetParts parts = Datasets.OpenParts(_folder.Path);
        Assert.Equal(["crane (0)", "owl", "crane (2)"], parts.Training.Classes);
        Assert.Contains("crane", Assert.Single(parts.Notes), StringComparison.Ordinal);
    }

    private void Write(string prefix, string suffix, byte[] labels)
    {
        byte[] images = TestData.Idx([labels.Length, 2, 2], new byte[labels.Length * 4]);
        byte[] values = TestData.Idx([labels.Length], labels);
        bool compressed = suffix.EndsWith(".gz", StringComparison.Ordinal);
        _folder.Write($"{prefix}-images{suffix}", compressed ? TestData.Gzip(images) : images);
        _folder.Write(
            $"{prefix}-labels{suffix.Replace("idx3", "idx1", StringComparison.Ordinal)}", compressed ? TestData.Gzip(values) : values);
    }
}
