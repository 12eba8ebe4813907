using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class BombTests : IDisposable
{
    private const long MaxMemory = 160L << 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData('x')]
    [InlineData('L')]
    [InlineData('K')]
    [InlineData('g')]
    [InlineData('0')]
    public void A_tar_header_that_claims_gigabytes_is_refused_before_memory_is_taken(char type)
    {
        byte[] archive = [.. TestData.TarHeader("cat/1.png", type, 1_600_000_000), .. new byte[1024]];
        Refuses(_folder.Write("set.tar", archive));
        Refuses(_folder.Write("set.tar.gz", TestData.Gzip(archive)));
    }

    [Fact]
    public void A_record_that_claims_a_huge_size_is_refused()
    {
        byte[] record = "27 size=9000000000000000000"u8.ToArray();
        record = [.. System.Text.Encoding.ASCII.GetBytes($"{record.Length + 1} "), .. record[3..], (byte)'\n'];
        byte[] archive =
            [.. TestData.TarHeader("x", 'x', record.Length, data: record), .. TestData.TarHeader("cat/1.png", '0', 0), .. new byte[1024]];
        Refuses(_folder.Write("set.tar", archive));
        Refuses(_folder.Write("set.tar.gz", TestData.Gzip(archive)));
    }

    [Fact]
    public void A_gzip_file_that_inflates_without_an_end_is_refused()
    {
        string path = _folder.File("set.tar.gz");
        using (System.IO.Compression.GZipStream gzip = new(File.Create(path), System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(TestData.TarHeader("notes.txt", '0', 200L << 20));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 200; i++)
            {
                gzip.Write(zeros);
            }
        }

        Assert.Contains("100 times", Refuses(path), StringComparison.Ordinal);
    }

    [Fact]
    public void An_idx_file_of_very_many_tiny_images_is_refused()
    {
        string images = _folder.Write("train-images-idx3-ubyte.gz", TestData.Gzip(TestData.Idx([20_000_000, 1, 1], new byte[20_000_000])));
        _folder.Write("train-labels-idx1-ubyte.gz", TestData.Gzip(TestData.Idx([20_000_000], new byte[20_000_000])));
        Assert.StartsWith(images, Refuses(_folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_in_order_are_no_bomb()
    {
        byte[] labels = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i / 50_000))];
        _folder.Write("train-images-idx3-ubyte", TestData.Idx([100_000, 1, 1], new byte[100_000]));
        _folder.Write("train-labels-idx1-ubyte.gz", TestData.Gzip(TestData.Idx([100_000], labels)));
        Assert.Equal(100_000, Datasets.Open(_folder.Path).Count);
    }

    [Fact]
    public void An_image_of_a_zip_that_inflates_to_far_more_than_its_size_is_unreadable()
    {
        string path = _folder.Write(
            "set.zip", TestData.Zip(("cat/1.png", new byte[20 << 20]), ("dog/1.png", TestData.SmallPng(1))));
        using DatasetParts parts = Datasets.OpenParts(path);
        Assert.Contains("100 times", Assert.Throws<InvalidImageException>(() => parts.Training.Load(0)).Message, StringComparison.Ordinal);
    }

    /// <summary>Opens a set that must be refused in one line and little memory.</summary>
    private static string Refuses(string path)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string message = Assert.Throws<InvalidDatasetException>(() => Datasets.Open(path)).Message;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxMemory);
        Assert.DoesNotContain('\n', message);
        return message;
    }
}
