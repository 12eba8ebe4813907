using System.IO.Compression;

namespace Fovea.Formats.PyTorch;

/// <summary>
/// Writes state dicts as torch.save does since PyTorch 1.6: a zip archive, nothing compressed, of a pickled OrderedDict of tensors and
/// their storages. torch.load takes them, also with weights_only. The same tensors give the same bytes.
/// </summary>
internal static class PyTorchWriter
{
    private const string Folder = "archive";

    // The earliest time that zip knows, so that the time of writing does not show.
    private static readonly DateTimeOffset _epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors, in the order of the state dict; names must differ.</param>
    /// <param name="cancellation">Stops between two tensors; the old file stays.</param>
    /// <exception cref="ArgumentException">
    /// Two tensors have one name, or a source gives another number of values than its shape says.
    /// </exception>
    /// <exception cref="UnwritableFileException">The folder is missing or read-only, or the disk is full.</exception>
    public static void Write(string path, IReadOnlyList<SafeTensor> tensors, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        byte[] pickle = StateDictPickle.Of(tensors);
        AtomicFile.Write(
            path,
            stream =>
            {
                using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
                Add(archive, "data.pkl", entry => entry.Write(pickle));
                Add(archive, "byteorder", entry => entry.Write("little"u8));
                for (int i = 0; i < tensors.Count; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Add(archive, $"data/{i}", tensors[i].WriteValues);
                }

                Add(archive, "version", entry => entry.Write("3\n"u8));
            },
            cancellation);
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        ZipArchiveEntry entry = archive.CreateEntry($"{Folder}/{name}", CompressionLevel.NoCompression);
        entry.LastWriteTime = _epoch;
        using Stream stream = entry.Open();
        write(stream);
    }
}
