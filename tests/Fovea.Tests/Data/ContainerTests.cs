using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class ContainerTests : IDisposable
{
    private static readonly byte[] _png = TestData.SmallPng(1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("folder")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    public void Hidden_files_and_what_systems_leave_behind_are_no_classes(string kind)
    {
        DatasetParts parts = Open(
            kind,
            ("cat/1.png", _png),
            ("dog/1.png", _png),
            ("dog/.2.png", _png),
            ("dog/.ipynb_checkpoints/1-checkpoint.png", _png),
            (".ipynb_checkpoints/1.png", _png),
            ("__MACOSX/cat/._1.png", _png),
            ("__MACOSX/cat/2.png", _png),
            ("cat/Thumbs.db", [1]));
        Assert.Equal(["cat/1.png", "dog/1.png"], Names(parts.Training));
        Assert.Empty(parts.Notes);
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("zip")]
    public void Images_are_told_by_content_and_other_files_are_counted_by_kind(string kind)
    {
        DatasetParts parts = Open(
            kind,
            ("cat/1.PNG", _png),
            ("cat/bare", _png),
            ("cat/photo.tmp", _png),
            ("dog/1.png", _png),
            ("dog/notes.txt", [65, 66]),
            ("dog/more.txt", []),
            ("labels.csv", [65]));
        Assert.Equal(["cat/1.PNG", "cat/bare", "cat/photo.tmp", "dog/1.png"], Names(parts.Training));
        Assert.Equal(1, parts.Training.Load(2).Pixels[0]);
        Assert.Equal(["3 files are no images that can be read: passed over (2 .txt, 1 .csv)."], parts.Notes);
    }

    [Fact]
    public void Links_of_a_tar_are_followed_inside_of_it_and_passed_over_outside()
    {
        byte[] archive =
        [
            .. TestData.TarHeader("archive's name", 'V', 0),
            .. TestData.TarHeader("cat/1.png", '0', _png.Length, data: _png),
            .. TestData.TarHeader("cat/hard.png", '1', 0, "cat/1.png"),
            .. TestData.TarHeader("dog/soft.png", '2', 0, "../cat/hard.png"),
            .. TestData.TarHeader("dog/out.png", '2', 0, "../../etc/passwd"),
            .. TestData.TarHeader("dog/absolute.png", '2', 0, "/etc/passwd"),
            .. TestData.TarHeader("dog/nowhere.png", '2', 0, "2.png"),
            .. TestData.TarHeader("dog/up", '2', 0, "../cat"),
            .. TestData.TarHeader("dog/circle.png", '2', 0, "circle.png"),
            .. TestData.TarHeader("dog/pipe", '6', 0),
            .. new byte[1024],
        ];
        DatasetParts parts = Datasets.OpenParts(_folder.Write("set.tar", archive));
        Assert.Equal(["cat/1.png", "cat/hard.png", "dog/soft.png"], Names(parts.Training));
        Assert.Equal(1, parts.Training.Load(2).Pixels[0]);
        Assert.Contains("5 links are passed over", parts.Notes[0], StringComparison.Ordinal);
        Assert.Contains("'dog/out.png' leads out of the archive", parts.Notes[0], StringComparison.Ordinal);
        Assert.Contains("'dog/pipe' is neither a file nor a folder", parts.Notes[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparse_entry_is_passed_over_and_the_archive_goes_on_behind_it()
    {
        byte[] sparse = TestData.TarHeader("cat/pad.png", 'S', 0);
        byte[] archive =
        [
            .. sparse, .. TestData.TarHeader("cat/1.png", '0', _png.Length, data: _png),
            .. TestData.TarHeader("a:b/1.png", '0', _png.Length, data: _png), .. new byte[1024],
        ];
        DatasetParts parts = Datasets.OpenParts(_folder.Write("set.tar", archive));
        Assert.Equal(["a:b/1.png", "cat/1.png"], Names(parts.Training));
        Assert.Contains("'cat/pad.png' is stored as a sparse file", parts.Notes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Names_longer_than_a_header_are_read_in_both_forms()
    {
        string name = $"cat/{new string('x', 150)}.png";
        byte[] text = System.Text.Encoding.UTF8.GetBytes(name + "\0");
        byte[] archive =
        [
            .. TestData.TarHeader("././@LongLink", 'L', text.Length, data: text),
            .. TestData.TarHeader(name[..99], '0', _png.Length, data: _png),
            .. TestData.Tar((name.Replace("cat", "dog", StringComparison.Ordinal), _png)),
        ];
        string[] names = Names(Datasets.Open(_folder.Write("set.tar", archive)));
        Assert.Equal([name, name.Replace("cat", "dog", StringComparison.Ordinal)], names);
    }

    [Fact]
    public void Each_folder_is_read_once_whatever_links_lead_to_it()
    {
        _folder.Write("set/cat/1.png", _png);
        _folder.Write("set/dog/1.png", _png);
        _folder.Write("elsewhere/1.png", _png);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Link("set/cat/up", "..");
        Link("set/cat/dog", "../dog");
        Link("set/dog/root", "/");
        Link("set/owl", "../elsewhere");
        Link("set/eagle", "owl");
        Link("set/dog/2.png", "1.png");
        File.CreateSymbolicLink(_folder.File("set/dog/3.png"), "nowhere.png");
        DatasetParts parts = Datasets.OpenParts(_folder.File("set"));
        Assert.Equal(["cat/1.png", "dog/1.png", "dog/2.png", "dog/3.png", "eagle/1.png"], Names(parts.Training));
        Assert.Contains("is read already", parts.Notes[0], StringComparison.Ordinal);
        Assert.Throws<InvalidImageException>(() => parts.Training.Load(3));
    }

    [Theory]
    [InlineData("../outside.png")]
    [InlineData("cat\\..\\..\\outside.png")]
    [InlineData("/etc/outside.png")]
    [InlineData("C:\\outside.png")]
    public void A_zip_with_a_path_outside_its_root_is_refused_by_name(string name)
    {
        string path = _folder.Write("set.zip", TestData.Zip(("cat/1.png", _png), (name, _png)));
        string message = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(path)).Message;
        Assert.Contains($"'{name}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_zip_is_one_clear_error_or_still_the_set()
    {
        byte[] archive = TestData.Zip(("cat/1.png", _png), ("dog/1.png", _png), ("dog/2.txt", [1, 2]));
        Random random = new(3);
        for (int attempt = 0; attempt < 500; attempt++)
        {
            byte[] damaged = attempt % 5 == 0 ? archive[..random.Next(archive.Length)] : [.. archive];
            for (int i = 0; i < 3 && damaged.Length > 4; i++)
            {
                damaged[random.Next(4, damaged.Length)] = (byte)random.Next(256);
            }

            string path = _folder.Write("damaged.zip", damaged);
            Exception? error = Record.Exception(() =>
            {
                using DatasetParts parts = Datasets.OpenParts(path);
                for (int index = 0; index < parts.Training.Count; index++)
                {
                    parts.Training.Load(index);
                }
            });
            Assert.True(error is null or UnusableDataException, error?.ToString());
        }
    }

    [Fact]
    public void Archives_of_other_kinds_are_named()
    {
        (byte[] Bytes, string Word)[] cases =
        [
            ([0x42, 0x5A, 0x68, 0x39, 1, 2], "bzip2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 1], "xz"), ([0x37, 0x7A, 0xBC, 0xAF, 1], "7z"),
            (_png, "single image"), ([], "0 bytes"),
        ];
        foreach ((byte[] bytes, string word) in cases)
        {
            string path = _folder.Write("set", bytes);
            Assert.Contains(word, Assert.Throws<InvalidDatasetException>(() => Datasets.Open(path)).Message, StringComparison.Ordinal);
        }
    }

    private static string[] Names(IImageDataset set) => [.. Enumerable.Range(0, set.Count).Select(set.NameOf)];

    private void Link(string path, string target) => Directory.CreateSymbolicLink(_folder.File(path), target);

    private DatasetParts Open(string kind, params (string Name, byte[]? Content)[] entries) =>
        Datasets.OpenParts(TestData.WriteSet(_folder, kind, entries));
}
