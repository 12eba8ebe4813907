using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Sets of tar shards in WebDataset's naming.</summary>
public sealed class ShardTests
{
    private static readonly Preprocessing _preprocessing = new()
    {
        Height = 2,
        Width = 3,
        Channels = 1,
        Resize = ResizeRule.None,
        Mean = [0],
        StandardDeviation = [1],
    };

    [Fact]
    public void Files_that_differ_in_their_ending_are_one_sample()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "part-0.tar", ("a/n01.jpg", Jpeg()), ("a/n01.cls", "1"u8.ToArray()), ("a/n01.json", "{}"u8.ToArray()),
            ("a/n02.cls", "0\n"u8.ToArray()), ("a/n02.seg.png", "no image"u8.ToArray()), ("a/n02.png", TestData.SmallPng(7)));
        using DatasetParts parts = Datasets.OpenParts(folder.Path);
        IImageDataset set = parts.Training;
        Assert.Equal((2, 1, 0), (set.Count, set.LabelOf(0), set.LabelOf(1)));
        Assert.Equal(["0", "1"], set.Classes);
        Assert.Equal(("part-0.tar: a/n01", "part-0.tar: a/n02"), (set.NameOf(0), set.NameOf(1)));
        Assert.Equal((37, 3), (set.Load(0).Width, set.Load(1).Width));
        Assert.Equal(7, set.Load(1).Pixels[0]);
    }

    [Fact]
    public void The_names_of_shards_tell_the_parts_and_a_file_beside_them_the_classes()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder.File("classes.txt"), ["cat", "dog", "owl"]);
        WriteSamples(folder, "train-000.tar", 0, 4);
        WriteSamples(folder, "train-001.tar", 4, 3);
        WriteSamples(folder, "val-000.tar", 7, 2);
        using DatasetParts parts = Datasets.OpenParts(folder.Path);
        Assert.Equal((7, 2, null), (parts.Training.Count, parts.Validation?.Count, parts.Test?.Count));
        Assert.Equal(["cat", "dog", "owl"], parts.Training.Classes);
        Assert.Equal(parts.Training.Classes, parts.Validation!.Classes);

        using DatasetParts pattern = Datasets.OpenParts(folder.File("train-{000..001}.tar"));
        Assert.Equal((7, null), (pattern.Training.Count, pattern.Validation));
        using DatasetParts single = Datasets.OpenParts(folder.File("val-000.tar"));
        Assert.Equal(2, single.Training.Count);
    }

    [Fact]
    public void An_epoch_has_each_sample_once_and_stays_near_the_order_of_the_disk()
    {
        using TemporaryFolder folder = new();
        for (int shard = 0; shard < 6; shard++)
        {
            WriteSamples(folder, $"train-{shard}.tar", 20 * shard, 20);
        }

        using DatasetParts parts = Datasets.OpenParts(folder.Path);
        IImageDataset set = parts.Training;
        Assert.True(set.IsStreamed);
        int[][] orders = [.. Enumerable.Range(0, 2).Select(epoch => Draw(set, (ulong)epoch, buffer: 10))];
        Assert.All(orders, order => Assert.Equal(Enumerable.Range(0, 120), order.Order()));
        Assert.NotEqual(orders[0], orders[1]);
        Assert.Equal(orders[1], Draw(set, 1, buffer: 10));

        // A buffer of ten samples reads on by one for each that it gives: what is given now was read at most so many shards ago.
        foreach (int[] order in orders)
        {
            int[] arrival = [.. order.Select(index => index / 20).Distinct()];
            int[] disk = [.. arrival.SelectMany(shard => Enumerable.Range(20 * shard, 20))];
            for (int given = 0; given < order.Length; given++)
            {
                Assert.True(Array.IndexOf(disk, order[given]) < given + 10 + 20, $"sample {order[given]} is given before it can be read");
            }
        }

        Assert.NotEqual(Enumerable.Range(0, 20), Draw(set, 0, buffer: 10).Take(20).Order());
        int[] unmixed = Draw(set, 0, buffer: 1);
        Assert.All(Enumerable.Range(0, 119), i => Assert.True(unmixed[i + 1] == unmixed[i] + 1 || unmixed[i + 1] % 20 == 0));
    }

    [Fact]
    public void Batches_are_the_same_bits_for_any_number_of_threads_and_from_any_batch_on()
    {
        using TemporaryFolder folder = new();
        WriteSamples(folder, "a.tar", 0, 17);
        WriteSamples(folder, "b.tar", 17, 14);
        using DatasetParts parts = Datasets.OpenParts(folder.Path);
        string[] expected = Give(parts.Training, threads: 1, first: 0);
        Assert.Equal(7, expected.Length);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            foreach (int first in new[] { 0, 3, 6 })
            {
                Assert.Equal(expected.Skip(first), Give(parts.Training, threads, first));
            }
        }
    }

    [Fact]
    public void A_share_that_is_set_aside_keeps_the_order_of_the_disk()
    {
        using TemporaryFolder folder = new();
        for (int shard = 0; shard < 4; shard++)
        {
            WriteSamples(folder, $"train-{shard}.tar", 30 * shard, 30);
        }

        using DatasetParts parts = Datasets.OpenParts(folder.Path);
        (SubsetDataset training, _) = SubsetDataset.Split(parts.Training, 0.2, seed: 1);
        KeyedRandom random = new(3, 4);
        int[] order = training.DrawOrder(ref random, buffer: 1);
        Assert.Equal(Enumerable.Range(0, training.Count), order.Order());
        Assert.InRange(Enumerable.Range(0, order.Length - 1).Count(i => order[i + 1] != order[i] + 1), 1, 3);
    }

    [Theory]
    [InlineData("a.jpg", "b.cls", "has no class")]
    [InlineData("a.jpg", "", "has no class")]
    [InlineData("a.cls", "", "has no image")]
    public void A_sample_without_image_or_class_is_named(string first, string second, string problem)
    {
        using TemporaryFolder folder = new();
        List<(string, byte[]?)> files = [("0.jpg", Jpeg()), ("0.cls", "1"u8.ToArray()), (first, "0"u8.ToArray())];
        if (second.Length > 0)
        {
            files.Add((second, "1"u8.ToArray()));
        }

        WriteShard(folder, "x.tar", [.. files]);
        InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(() => Datasets.OpenParts(folder.Path));
        Assert.Contains("x.tar", error.Message, StringComparison.Ordinal);
        Assert.Contains($"'a' {problem}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_outside_the_classes_and_missing_shards_are_named()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "x.tar", ("0.jpg", Jpeg()), ("0.cls", "9"u8.ToArray()));
        File.WriteAllLines(folder.File("classes.txt"), ["cat", "dog"]);
        InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(() => Datasets.OpenParts(folder.Path));
        Assert.Contains("the class '9' of '0' is none of the 2 classes (cat, dog)", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidDatasetException>(() => Datasets.OpenParts(folder.File("x-{0..3}.tar")));
        Assert.Contains("x-0.tar: this shard of", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shard_that_is_cut_off_or_compressed_is_refused()
    {
        using TemporaryFolder folder = new();
        WriteSamples(folder, "a.tar", 0, 9);
        byte[] whole = File.ReadAllBytes(folder.File("a.tar"));
        File.WriteAllBytes(folder.File("b.tar"), whole[..(whole.AsSpan().LastIndexOf("PNG"u8) + 10)]);
        Assert.Contains("b.tar: the shard is cut off", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(folder.File("b.tar"), TestData.Gzip(whole));
        Assert.Contains("gunzip", Refusal(), StringComparison.Ordinal);

        string Refusal() => Assert.Throws<InvalidDatasetException>(() => Datasets.OpenParts(folder.Path)).Message;
    }

    [Fact]
    public void Named_classes_are_in_ordinal_order()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "x.tar", ("0.jpg", Jpeg()), ("0.cls", "owl"u8.ToArray()), ("1.jpg", Jpeg()), ("1.cls", "cat"u8.ToArray()));
        using DatasetParts parts = Datasets.OpenParts(folder.Path);
        Assert.Equal(["cat", "owl"], parts.Training.Classes);
        Assert.Equal((1, 0), (parts.Training.LabelOf(0), parts.Training.LabelOf(1)));
    }

    [Fact]
    public void A_tar_of_class_folders_is_no_shard()
    {
        using TemporaryFolder folder = new();
        WriteShard(folder, "x.tar", ("cat/0.jpg", Jpeg()), ("owl/1.jpg", Jpeg()));
        using DatasetParts parts = Datasets.OpenParts(folder.File("x.tar"));
        Assert.Equal(["cat", "owl"], parts.Training.Classes);
        Assert.False(parts.Training.IsStreamed);
    }

    private static byte[] Jpeg() => Convert.FromBase64String(TestData.BaselineJpeg);

    private static int[] Draw(IImageDataset set, ulong epoch, int buffer)
    {
        KeyedRandom random = new(5, epoch);
        return set.DrawOrder(ref random, buffer);
    }

    private static string[] Give(IImageDataset set, int threads, int first)
    {
        DataLoaderOptions options = new() { BatchSize = 4, Seed = 2, Threads = threads, ShuffleBuffer = 6, CacheBytes = 0 };
        using DataLoader loader = new(set, _preprocessing, options);
        return [.. loader.Epoch(1, first).Select(batch => $"{string.Join(',', batch.Indices)}: {string.Join(',', batch.Images)}")];
    }

    /// <summary>Writes samples whose pixels are their numbers, of three classes in turn.</summary>
    private static void WriteSamples(TemporaryFolder folder, string name, int first, int count) => WriteShard(
        folder,
        name,
        [
            .. Enumerable.Range(first, count).SelectMany(i => new (string, byte[]?)[]
            {
                ($"{i:d6}.png", TestData.SmallPng((byte)i)),
                ($"{i:d6}.cls", System.Text.Encoding.UTF8.GetBytes($"{i % 3}")),
            }),
        ]);

    private static void WriteShard(TemporaryFolder folder, string name, params (string, byte[]?)[] files) =>
        File.WriteAllBytes(folder.File(name), TestData.Tar(files));
}
