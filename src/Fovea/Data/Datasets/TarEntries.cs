using System.Formats.Tar;
using System.IO.Compression;

namespace Fovea.Data;

/// <summary>One image inside an archive.</summary>
/// <param name="Path">The parts of its path, such as train, airplane, 0000.jpg.</param>
/// <param name="Bytes">The encoded image, where it was read into memory; otherwise null.</param>
/// <param name="Offset">Where it begins in the archive, where it is read from there.</param>
/// <param name="Length">The encoded image's length in bytes.</param>
internal sealed record TarImage(string[] Path, byte[]? Bytes, long Offset, int Length);

/// <summary>
/// Lists the folders and images of a <c>.tar</c> or <c>.tar.gz</c>, told apart by their first bytes. Nothing is written to disk.
/// Of a plain archive only positions are kept; the images of a compressed one are kept in memory, as encoded.
/// </summary>
internal sealed class TarEntries
{
    private readonly string _path;
    private readonly long _maxMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
    private long _memory;

    private TarEntries(string path) => _path = path;

    /// <summary>The images, in the archive's order.</summary>
    public List<TarImage> Images { get; } = [];

    /// <summary>The folders that have entries of their own, as the parts of their paths.</summary>
    public List<string[]> Folders { get; } = [];

    /// <summary>True if the archive is not compressed, so that images are read from their positions in it.</summary>
    public bool IsPlain { get; private set; }

    /// <summary>Lists an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="InvalidDatasetException">
    /// The archive is not a tar file, is cut off, or holds links, devices, or paths that leave its root.
    /// </exception>
    public static TarEntries Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            TarEntries entries = new(path) { IsPlain = !(file.ReadByte() == 0x1F && file.ReadByte() == 0x8B) };
            file.Position = 0;
            using GZipStream? gzip = entries.IsPlain ? null : new GZipStream(file, CompressionMode.Decompress);
            using TarReader reader = new((Stream?)gzip ?? file);
            while (reader.GetNextEntry() is { } entry)
            {
                entries.Add(entry, file.Length);
            }

            return entries;
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDatasetException(
                path, "the archive is cut off before its end, or is no .tar or .tar.gz archive. Fetch it again.", exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or FormatException or ArgumentException
            or InvalidOperationException or OverflowException or NotSupportedException)
        {
            throw new InvalidDatasetException(
                path, $"this is not a whole .tar or .tar.gz archive ({exception.Message}). Fetch it again, or give a folder.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"the archive cannot be read ({exception.Message}).", exception);
        }
    }

    private void Add(TarEntry entry, long fileLength)
    {
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
        {
            return;
        }

        string[] parts = PartsOf(entry);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory or TarEntryType.DirectoryList:
                Folders.Add(parts);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                if (parts.Length > 0 && !parts[^1].StartsWith('.') && ImageFile.HasImageExtension(parts[^1]))
                {
                    AddImage(entry, parts, fileLength);
                }

                break;
            default:
                throw Refused(entry, $"is of the kind {entry.EntryType}; only files and folders are read, no links or devices");
        }
    }

    private void AddImage(TarEntry entry, string[] parts, long fileLength)
    {
        if (entry.Length > ImageFile.MaxEncodedBytes)
        {
            throw Refused(entry, $"announces {entry.Length} bytes, too many for an image");
        }

        int length = (int)entry.Length;
        if (IsPlain)
        {
            if (entry.DataOffset + length > fileLength)
            {
                throw new EndOfStreamException();
            }

            Images.Add(new TarImage(parts, null, entry.DataOffset, length));
            return;
        }

        _memory += length;
        if (_memory > _maxMemory)
        {
            throw new InvalidDatasetException(
                _path,
                "the compressed archive needs more than half of the machine's memory. "
                + "Uncompress it with gunzip: a plain .tar is read in place.");
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        entry.DataStream?.ReadExactly(bytes);
        Images.Add(new TarImage(parts, bytes, 0, length));
    }

    private string[] PartsOf(TarEntry entry)
    {
        string[] parts = entry.Name.Split('/', '\\');
        bool absolute = entry.Name.StartsWith('/') || entry.Name.StartsWith('\\') || (entry.Name.Length > 1 && entry.Name[1] == ':');
        return absolute || parts.Contains("..")
            ? throw Refused(entry, "has a path that leaves the archive's root")
            : [.. parts.Where(part => part is not ("" or "."))];
    }

    private InvalidDatasetException Refused(TarEntry entry, string reason) =>
        new(_path, $"the entry '{entry.Name}' {reason}. Do not trust this archive, or pack it again from a clean folder.");
}
