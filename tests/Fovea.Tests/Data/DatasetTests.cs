using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class DatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_folder_with_idx_files_opens_plain_and_compressed(bool compressed)
    {
        WriteIdx("train", 6, 3, compressed);
        WriteIdx("t10k", 4, 2, compressed);
        IImageDataset training = Datasets.Open(_folder.Path);
        Assert.Equal(6, training.Count);
        Assert.Equal(["0", "1", "2"], training.Classes);
        Assert.Equal(2, training.LabelOf(5));
        Assert.Equal([50, 51, 52, 53, 54, 55], training.Load(5).Pixels.Select(value => (int)value));
        Assert.Equal((3, 2, 1), (training.Load(0).Width, training.Load(0).Height, training.Load(0).Channels));
        Assert.Equal("train#5", training.NameOf(5));
        IImageDataset? test = Datasets.OpenTest(_folder.Path);
        Assert.Equal((4, "t10k#0"), (test!.Count, test.NameOf(0)));
    }

    [Fact]
    public void Class_names_come_from_the_list_in_the_folder()
    {
        WriteIdx("train", 6, 3, true);
        _folder.Write("classes.txt", "cat\ndog\r\nowl\n\n"u8.ToArray());
        Assert.Equal(["cat", "dog", "owl"], Datasets.Open(_folder.Path).Classes);
        _folder.Write("classes.txt", "cat\ndog\n"u8.ToArray());
        Assert.Contains("label 2", Failure(_folder.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_truncated_file_names_the_missing_bytes(bool compressed)
    {
        byte[] whole = TestData.Idx([10, 4, 5], new byte[200]);
        foreach (int missing in new[] { 1, 17, 200 })
        {
            byte[] cut = whole[..^missing];
            string path = _folder.Write("images", compressed ? TestData.Gzip(cut) : cut);
            InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(() => IdxFile.ReadImages(path));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Contains($"{missing} ", error.Message, StringComparison.Ordinal);
            Assert.Contains("missing", error.Message, StringComparison.Ordinal);
        }

        string header = _folder.Write("header", compressed ? TestData.Gzip(whole[..10]) : whole[..10]);
        InvalidDatasetException cutOff = Assert.Throws<InvalidDatasetException>(() => IdxFile.ReadImages(header));
        Assert.Contains("6 of the 16 bytes of its header", cutOff.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gzip_file_cut_off_anywhere_is_an_error()
    {
        Random random = new(1);
        byte[] values = new byte[2000];
        random.NextBytes(values);
        byte[] whole = TestData.Gzip(TestData.Idx([10, 20, 10], values));
        for (int length = 0; length < whole.Length - 8; length += 37)
        {
            string path = _folder.Write("images.gz", whole[..length]);
            Assert.Throws<InvalidDatasetException>(() => IdxFile.ReadImages(path));
        }
    }

    [Fact]
    public void Headers_that_lie_are_refused_before_memory_is_taken()
    {
        foreach (int[] sizes in new[] { [1 << 30, 1, 1], [-1, 28, 28], [0, 28, 28], [1 << 20, 1 << 20, 1 << 20], new[] { 60000, 28, 28 } })
        {
            string path = _folder.Write("images", TestData.Idx(sizes, new byte[100]));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<InvalidDatasetException>(() => IdxFile.ReadImages(path));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }

        Assert.Throws<InvalidDatasetException>(() => IdxFile.ReadLabels(_folder.Write("images", TestData.Idx([1, 2, 2], new byte[4]))));
        Assert.Throws<InvalidDatasetException>(() => IdxFile.ReadLabels(_folder.Write("long", TestData.Idx([3], new byte[4]))));
    }

    [Fact]
    public void Labels_that_do_not_match_the_images_are_an_error()
    {
        WriteIdx("train", 6, 3, false);
        _folder.Write("train-labels-idx1-ubyte", TestData.Idx([5], [0, 1, 2, 0, 1]));
        Assert.Contains("5 labels for the 6 images", Failure(_folder.Path), StringComparison.Ordinal);
        _folder.Write("train-labels-idx1-ubyte", TestData.Idx([6], [1, 1, 1, 1, 1, 1]));
        Assert.Contains("only one class", Failure(_folder.Path), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder.Path, "train-labels-idx1-ubyte"));
        Assert.Contains("train-labels-idx1-ubyte", Failure(_folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_class_folders_opens_in_the_order_of_names()
    {
        _folder.Write("set/dog/2.png", TestData.SmallPng(2));
        _folder.Write("set/dog/deeper/1.PNG", TestData.SmallPng(1));
        _folder.Write("set/cat/9.png", TestData.SmallPng(9));
        _folder.Write("set/cat/notes.txt", [1]);
        _folder.Write("set/.cache/x.png", TestData.SmallPng(7));
        IImageDataset set = Datasets.Open(_folder.Path);
        Assert.Equal(["cat", "dog"], set.Classes);
        Assert.Equal(["cat/9.png", "dog/2.png", "dog/deeper/1.PNG"], Enumerable.Range(0, set.Count).Select(set.NameOf));
        Assert.Equal([0, 1, 1], Enumerable.Range(0, set.Count).Select(set.LabelOf));
        Assert.Equal([9, 2, 1], Enumerable.Range(0, set.Count).Select(index => (int)set.Load(index).Pixels[0]));
        Assert.Null(Datasets.OpenTest(_folder.Path));
    }

    [Fact]
    public void A_folder_with_training_and_test_parts_opens_part_by_part()
    {
        foreach (string part in new[] { "train", "val" })
        {
            _folder.Write($"{part}/a/1.png", TestData.SmallPng(1));
            _folder.Write($"{part}/b/{part}.png", TestData.SmallPng(1));
        }

        Assert.Equal("b/train.png", Datasets.Open(_folder.Path).NameOf(1));
        Assert.Equal("b/val.png", Datasets.OpenTest(_folder.Path)!.NameOf(1));
    }

    [Fact]
    public void An_empty_class_folder_is_named()
    {
        _folder.Write("cat/1.png", TestData.SmallPng(1));
        _folder.Write("dog/readme.txt", [1]);
        Assert.Contains("'dog'", Failure(_folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void One_class_only_is_an_error()
    {
        _folder.Write("cat/1.png", TestData.SmallPng(1));
        Assert.Contains("only one class, 'cat'", Failure(_folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_without_images_or_without_a_place_is_an_error()
    {
        Assert.Contains("no images", Failure(_folder.Path), StringComparison.Ordinal);
        Assert.Contains("no such file or folder", Failure(Path.Combine(_folder.Path, "nowhere")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_image_in_a_folder_is_named_with_its_path()
    {
        _folder.Write("cat/1.png", []);
        _folder.Write("dog/1.png", TestData.SmallPng(1));
        IImageDataset set = Datasets.Open(_folder.Path);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => set.Load(0));
        Assert.Contains(Path.Combine(_folder.Path, "cat/1.png"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_split_takes_the_same_share_of_every_class_and_nothing_twice()
    {
        WriteIdx("train", 100, 4, true);
        IImageDataset whole = Datasets.Open(_folder.Path);
        (SubsetDataset? training, SubsetDataset? validation) = SubsetDataset.Split(whole, 0.2, seed: 3);
        Assert.Equal((80, 20), (training.Count, validation.Count));
        for (int label = 0; label < 4; label++)
        {
            Assert.Equal(5, Enumerable.Range(0, 20).Count(index => validation.LabelOf(index) == label));
        }

        string[] Names(SubsetDataset set) => [.. Enumerable.Range(0, set.Count).Select(set.NameOf)];
        Assert.Equal(100, Names(training).Concat(Names(validation)).Distinct().Count());
        Assert.Equal(Names(validation), Names(SubsetDataset.Split(whole, 0.2, seed: 3).Validation));
        Assert.NotEqual(Names(validation), Names(SubsetDataset.Split(whole, 0.2, seed: 4).Validation));
        Assert.Equal(4, SubsetDataset.Split(whole, 0.001, seed: 3).Validation.Count);
        Assert.Equal(4, SubsetDataset.Split(whole, 0.999, seed: 3).Training.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => SubsetDataset.Split(whole, 1, seed: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => SubsetDataset.Split(whole, double.NaN, seed: 3));
    }

    [Fact]
    public void A_cache_gives_the_same_images_and_keeps_to_its_budget()
    {
        _folder.Write("cat/1.png", TestData.SmallPng(1));
        _folder.Write("dog/1.png", TestData.SmallPng(2));
        CachedDataset cached = new(Datasets.Open(_folder.Path), 6);
        Assert.Same(cached.Load(0), cached.Load(0));
        Assert.NotSame(cached.Load(1), cached.Load(1));
        Assert.Equal(2, cached.Load(1).Pixels[0]);
    }

    [Fact]
    public void The_shipped_subset_of_Fashion_MNIST_is_whole_and_balanced()
    {
        string folder = SamplesFolder("fashion-mnist");
        foreach ((IImageDataset? set, int each) in new[] { (Datasets.Open(folder), 1000), (Datasets.OpenTest(folder)!, 200) })
        {
            Assert.Equal(FashionMnist.Classes, set.Classes);
            Assert.All(Enumerable.Range(0, set.Count).CountBy(set.LabelOf), count => Assert.Equal(each, count.Value));
            Assert.Equal((28, 28, 1), (set.Load(0).Width, set.Load(0).Height, set.Load(0).Channels));
        }

        Assert.InRange(Directory.EnumerateFiles(folder).Sum(file => new FileInfo(file).Length), 1, 6_000_000);
        Assert.True(File.Exists(Path.Combine(folder, "LICENSE")));
    }

    private static string SamplesFolder(string name)
    {
        for (DirectoryInfo? folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "samples")))
            {
                return Path.Combine(folder.FullName, "samples", name);
            }
        }

        throw new DirectoryNotFoundException("The tests run from somewhere inside the repository, which has samples/ at its root.");
    }

    private static string Failure(string path)
    {
        string message = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        return message;
    }

    private void WriteIdx(string prefix, int count, int classes, bool compressed)
    {
        byte[] pixels = [.. Enumerable.Range(0, count * 6).Select(i => (byte)((i / 6 * 10) + (i % 6)))];
        byte[] labels = [.. Enumerable.Range(0, count).Select(i => (byte)(i % classes))];
        byte[] images = TestData.Idx([count, 2, 3], pixels);
        byte[] names = TestData.Idx([count], labels);
        string suffix = compressed ? ".gz" : "";
        _folder.Write($"{prefix}-images-idx3-ubyte{suffix}", compressed ? TestData.Gzip(images) : images);
        _folder.Write($"{prefix}-labels-idx1-ubyte{suffix}", compressed ? TestData.Gzip(names) : names);
    }

    [Fact]
    public void The_memory_of_decoded_images_is_estimated_from_some_that_can_be_read()
    {
        using TemporaryFolder folder = new();
        string data = TinyImages.Write(folder.File("data"), each: 7);
        IImageDataset set = Datasets.Open(data);
        Assert.Equal(set.Count * TinyImages.Side * TinyImages.Side, Datasets.EstimateDecodedBytes(set));
        File.WriteAllBytes(Path.Combine(data, "apple", "00.png"), [0x89, 0x50, 0x4E, 0x47]);
        Assert.Equal(set.Count * TinyImages.Side * TinyImages.Side, Datasets.EstimateDecodedBytes(set));
    }
}
