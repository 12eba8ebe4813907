using System.Formats.Tar;
using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class TarTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", false)]
    [InlineData("train/", false)]
    [InlineData("./data/train/", false)]
    [InlineData("", true)]
    [InlineData("train/", true)]
    public void Archives_open_without_unpacking_and_single_folders_on_top_are_passed_over(string top, bool compressed)
    {
        byte[] archive = TestData.Tar(
            ($"{top}dog/", null),
            ($"{top}dog/2.png", TestData.SmallPng(2)),
            ($"{top}dog/notes.txt", [1, 2, 3]),
            ($"{top}cat/1.png", TestData.SmallPng(1)),
            ($"{top}dog/1.jpg", Convert.FromBase64String(TestData.GreyJpeg)));
        string path = _folder.Write("set.tar", compressed ? TestData.Gzip(archive) : archive);
        IImageDataset set = Datasets.Open(path);
        Assert.Equal(["cat", "dog"], set.Classes);
        Assert.Equal(["cat/1.png", "dog/1.jpg", "dog/2.png"], Enumerable.Range(0, set.Count).Select(set.NameOf));
        Assert.Equal([0, 1, 1], Enumerable.Range(0, set.Count).Select(set.LabelOf));
        Assert.Equal((1, 16, 2), (set.Load(0).Pixels[0], set.Load(1).Width, set.Load(2).Pixels[0]));
        Assert.Null(Datasets.OpenTest(path));
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("../outside.png")]
    [InlineData("cat/../../outside.png")]
    [InlineData("cat/..")]
    [InlineData("/etc/outside.png")]
    [InlineData("C:/outside.png")]
    [InlineData("cat\\..\\..\\outside.png")]
    [InlineData("cat/../notes.txt")]
    public void A_path_outside_the_root_is_refused_by_name(string name)
    {
        string message = Failure(("cat/1.png", TestData.SmallPng(1)), ("dog/1.png", TestData.SmallPng(1)), (name, [1]));
        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
        Assert.Contains("root", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Archives_that_hold_no_usable_classes_say_why()
    {
        byte[] image = TestData.SmallPng(1);
        Assert.Contains("'dog'", Failure(("cat/1.png", image), ("owl/1.png", image), ("dog/", null)), StringComparison.Ordinal);
        Assert.Contains("only one class, 'cat'", Failure(("train/cat/1.png", image), ("train/cat/2.png", image)), StringComparison.Ordinal);
        Assert.Contains("no images", Failure(("cat/1.txt", [1])), StringComparison.Ordinal);
        Assert.Contains("2 images are in no class folder", Failure(("1.png", image), ("2.png", image)), StringComparison.Ordinal);
        Assert.Contains("twice", Failure(("cat/1.png", image), ("cat/1.png", image), ("dog/1.png", image)), StringComparison.Ordinal);
        Assert.Contains("parts of a data set", Failure(("train/1.png", image), ("test/1.png", image)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_that_claims_to_be_the_root_is_no_image()
    {
        byte[] image = TestData.SmallPng(1);
        using MemoryStream archive = new();
        using (TarWriter writer = new(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (string name in (string[])["cat/1.png", "dog/1.png"])
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(image) });
            }

            writer.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "./") { LinkName = "cat/1.png" });
        }

        IImageDataset set = Datasets.Open(_folder.Write("set.tar", archive.ToArray()));
        Assert.Equal(["cat/1.png", "dog/1.png"], Enumerable.Range(0, set.Count).Select(set.NameOf));
    }

    [Fact]
    public void A_bad_image_is_named_with_archive_and_entry()
    {
        byte[] half = Convert.FromBase64String(TestData.BaselineJpeg);
        string path = _folder.Write(
            "set.tar", TestData.Tar(("train/cat/1.png", []), ("train/dog/1.jpg", half[..(half.Length / 2)])));
        IImageDataset set = Datasets.Open(path);
        string empty = Assert.Throws<InvalidImageException>(() => set.Load(0)).Message;
        string cut = Assert.Throws<InvalidImageException>(() => set.Load(1)).Message;
        Assert.StartsWith($"{path}: train/cat/1.png: the file is empty", empty, StringComparison.Ordinal);
        Assert.StartsWith($"{path}: train/dog/1.jpg: the JPEG image is cut off", cut, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_cut_off_inside_an_entry_is_an_error()
    {
        byte[] archive = TestData.Tar(("cat/1.png", TestData.SmallPng(1)), ("dog/1.png", TestData.SmallPng(1)));
        byte[] compressed = TestData.Gzip(archive);
        int lastData = archive.AsSpan().LastIndexOf("IEND"u8);
        byte[][] cuts =
        [
            archive[..lastData], archive[..600], compressed[..(compressed.Length / 2)], compressed[..20], "hello"u8.ToArray(),
            [.. new byte[100]], [],
        ];
        foreach (byte[] cut in cuts)
        {
            string path = _folder.Write("cut.tar", cut);
            Assert.StartsWith(path, Assert.Throws<InvalidDatasetException>(() => Datasets.Open(path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_damaged_archive_is_one_clear_error_or_still_the_set()
    {
        byte[] archive = TestData.Tar(("cat/1.png", TestData.SmallPng(1)), ("dog/1.png", TestData.SmallPng(1)));
        Random random = new(2);
        for (int attempt = 0; attempt < 300; attempt++)
        {
            byte[] damaged = [.. archive];
            int header = random.Next(archive.Length / 512) * 512;
            damaged[header + random.Next(512)] = (byte)('0' + random.Next(10));

            // A right checksum lets the damage through to where it matters.
            damaged.AsSpan(header + 148, 8).Fill((byte)' ');
            int sum = damaged.AsSpan(header, 512).ToArray().Sum(value => value);
            System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(damaged, header + 148);
            string path = _folder.Write("damaged.tar", damaged);
            Exception? error = Record.Exception(() =>
            {
                IImageDataset set = Datasets.Open(path);
                for (int index = 0; index < set.Count; index++)
                {
                    set.Load(index);
                }
            });
            Assert.True(error is null or UnusableDataException, error?.ToString());
        }
    }

    private string Failure(params (string Name, byte[]? Content)[] entries)
    {
        byte[] archive = TestData.Tar(entries);
        string plain = _folder.Write("set.tar", archive);
        string compressed = _folder.Write("set.tar.gz", TestData.Gzip(archive));
        string message = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(plain)).Message;
        Assert.Equal(message.Replace(plain, compressed), Assert.Throws<InvalidDatasetException>(() => Datasets.Open(compressed)).Message);
        return message;
    }
}
