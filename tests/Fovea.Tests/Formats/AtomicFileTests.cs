using Fovea.Formats;

namespace Fovea.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_new_file_takes_the_place_of_the_old_one_and_leaves_nothing_else()
    {
        string path = _folder.File("a.txt");
        AtomicFile.WriteText(path, "old");
        AtomicFile.WriteText(path, "new ü");
        Assert.Equal("new ü", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_failing_write_leaves_the_old_file_and_no_temporary()
    {
        string path = _folder.File("a.txt");
        AtomicFile.WriteText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException("no more");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_cancelled_write_leaves_the_old_file_and_no_temporary()
    {
        string path = _folder.File("a.txt");
        AtomicFile.WriteText(path, "old");
        using CancellationTokenSource cancellation = new();
        Assert.ThrowsAny<OperationCanceledException>(() => AtomicFile.Write(
            path,
            stream =>
            {
                stream.WriteByte(1);
                cancellation.Cancel();
            },
            cancellation.Token));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_full_disk_is_named()
    {
        // Linux: ENOSPC is errno 28, which .NET keeps in HResult.
        string path = _folder.File("a.txt");
        UnwritableFileException error = Assert.Throws<UnwritableFileException>(
            () => AtomicFile.Write(path, _ => throw new IOException("No space left on device", 28)));
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        string path = _folder.File("missing/a.txt");
        UnwritableFileException error = Assert.Throws<UnwritableFileException>(() => AtomicFile.WriteText(path, "x"));
        Assert.StartsWith($"{path}: its folder does not exist.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_the_place_of_the_file_stays()
    {
        string path = _folder.File("a");
        Directory.CreateDirectory(path);
        Assert.Throws<UnwritableFileException>(() => AtomicFile.WriteText(path, "x"));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }
}
