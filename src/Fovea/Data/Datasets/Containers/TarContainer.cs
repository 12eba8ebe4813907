using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Data;

/// <summary>
/// A <c>.tar</c> or <c>.tar.gz</c>. A plain archive stays open and is read at each file's position; a compressed one is read once and its
/// files kept in memory, images encoded. Nothing is written to disk.
/// </summary>
internal sealed class TarContainer : IContainer
{
    private const int Piece = 1 << 20;
    private readonly SafeFileHandle? _file;
    private readonly List<(long Position, byte[]? Bytes)> _data = [];
    private readonly ContainerListing _listing = new();
    private readonly ArchiveLinks _links = new();
    private readonly long _maxMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
    private long _memory;

    private TarContainer(string path)
    {
        Location = path;
        using FileStream file = File.OpenRead(path);
        bool isCompressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        using InflatingStream? inflated = isCompressed ? new InflatingStream(file, path) : null;
        TarReader reader = new((Stream?)inflated ?? file, isCompressed ? null : file.Length);
        while (reader.Next() is TarHeader entry)
        {
            Add(entry, reader, isCompressed);
        }

        _links.Resolve(_listing);
        _file = isCompressed ? null : File.OpenHandle(path);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ContainerFile> Images => _listing.Images;

    /// <inheritdoc/>
    public IReadOnlyList<ContainerFile> Texts => _listing.Texts;

    /// <inheritdoc/>
    public IReadOnlyList<string[]> Folders => _listing.Folders;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes(bool withTexts) => _listing.Notes(withTexts);

    /// <summary>Lists an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="InvalidDatasetException">
    /// The archive is not a tar file, is cut off, inflates to too much, or holds paths that leave its root.
    /// </exception>
    public static TarContainer Open(string path)
    {
        try
        {
            return new TarContainer(path);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDatasetException(
                path, "the archive is cut off before its end, or is no .tar, .tar.gz or .zip archive. Fetch it again.", exception);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDatasetException(
                path,
                $"this is not a whole .tar, .tar.gz or .zip archive ({exception.Message.TrimEnd('.')}). Fetch it again, or give a folder.",
                exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"the archive cannot be read ({exception.Message}).", exception);
        }
    }

    /// <inheritdoc/>
    public Image Load(ContainerFile file, ImageSize? atLeast = null) => ImageFile.Decode(Read(file), NameOf(file), atLeast);

    /// <inheritdoc/>
    public byte[] Read(ContainerFile file)
    {
        string name = NameOf(file);
        file.CheckLength(name);
        (long position, byte[]? kept) = _data[file.Key];
        if (kept is not null)
        {
            return file.IsText ? Inflate(kept, file.Length) : kept;
        }

        byte[] bytes = new byte[file.Length];
        int filled = 0;
        try
        {
            for (int read; filled < bytes.Length && (read = RandomAccess.Read(_file!, bytes.AsSpan(filled), position + filled)) > 0;)
            {
                filled += read;
            }
        }
        catch (IOException exception)
        {
            throw new InvalidImageException(name, $"the archive cannot be read ({exception.Message}).", exception);
        }

        return filled == bytes.Length
            ? bytes
            : throw new InvalidImageException(name, "the archive has become shorter since it was opened.");
    }

    /// <summary>Closes a plain archive.</summary>
    public void Dispose() => _file?.Dispose();

    private string NameOf(ContainerFile file) => $"{Location}: {file.Name}";

    private void Add(TarHeader entry, TarReader reader, bool isCompressed)
    {
        // A volume's label is the name of the whole archive and of no file.
        if (entry.Type == 'V')
        {
            return;
        }

        // Without a part it is the root itself, whatever else it claims to be.
        string[] parts = ArchivePath.Split(entry.Name, Location);
        if (parts.Length == 0)
        {
            return;
        }

        _listing.AddFolderOf(parts);
        switch (entry.Type)
        {
            case '5' or 'D':
            case '0' or '\0' when entry.Name.EndsWith('/'):
                AddFolder(parts);
                break;
            case '1':
                _links.AddLink(parts, ArchivePath.Resolve([], entry.Link));
                break;
            case '2':
                _links.AddLink(parts, ArchivePath.Resolve(parts.AsSpan(..^1), entry.Link));
                break;
            case '0' or '\0' or '7' or 'S':
                AddFile(entry, parts, reader, isCompressed);
                break;
            default:
                PassOver(parts, "neither a file nor a folder");
                break;
        }
    }

    private void AddFolder(string[] parts)
    {
        if (!ContainerListing.IsHidden(parts))
        {
            _listing.Folders.Add(parts);
        }
    }

    private void PassOver(string[] parts, string kind)
    {
        if (!ContainerListing.IsHidden(parts))
        {
            _listing.PassOverEntry(string.Join('/', parts), kind);
        }
    }

    private void AddFile(TarHeader entry, string[] parts, TarReader reader, bool isCompressed)
    {
        if (ContainerListing.IsHidden(parts[^1]))
        {
            return;
        }

        byte[]? beginning = null;
        bool isImage = ImageContent.IsImage(parts[^1], () => beginning = Beginning(entry, reader));
        if (!isImage && !ContainerFile.IsTextName(parts[^1]))
        {
            if (!ContainerListing.IsHidden(parts))
            {
                _listing.PassOverFile(parts[^1]);
            }
        }
        else if (reader.IsSparse)
        {
            PassOver(parts, "stored as a sparse file");
        }
        else
        {
            ContainerFile file = new(parts, entry.Size, _data.Count, !isImage);
            byte[]? kept = !isCompressed || file.IsTooLong ? null
                : isImage ? KeepImage(entry, reader, beginning ?? [])
                : KeepText(entry, reader, beginning ?? []);
            _data.Add((reader.DataPosition, kept));
            _links.AddFile(file);
            if (!ContainerListing.IsHidden(parts))
            {
                _listing.Add(file);
            }
        }
    }

    private static byte[] Beginning(TarHeader entry, TarReader reader)
    {
        byte[] bytes = new byte[Math.Min(entry.Size, ImageContent.BeginningLength)];
        reader.ReadData(bytes);
        return bytes;
    }

    /// <summary>Keeps an image of a compressed archive in memory.</summary>
    private byte[] KeepImage(TarHeader entry, TarReader reader, byte[] beginning)
    {
        TakeMemory(entry.Size);

        // The length is only the header's word: memory is taken as the bytes arrive.
        byte[] bytes = new byte[Math.Min(entry.Size, Piece)];
        beginning.CopyTo(bytes, 0);
        for (int filled = beginning.Length; filled < entry.Size;)
        {
            if (filled == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(entry.Size, 2L * filled));
            }

            reader.ReadData(bytes.AsSpan(filled));
            filled = bytes.Length;
        }

        return bytes;
    }

    /// <summary>Keeps a text of a compressed archive in memory, deflated: it may be none of the data, and large.</summary>
    private byte[] KeepText(TarHeader entry, TarReader reader, byte[] beginning)
    {
        using MemoryStream packed = new();
        using (DeflateStream deflate = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(beginning);
            byte[] piece = new byte[(int)Math.Min(entry.Size, Piece)];
            for (long left = entry.Size - beginning.Length; left > 0; left -= Piece)
            {
                Span<byte> part = piece.AsSpan(0, (int)Math.Min(left, Piece));
                reader.ReadData(part);
                deflate.Write(part);
            }
        }

        TakeMemory(packed.Length);
        return packed.ToArray();
    }

    private static byte[] Inflate(byte[] packed, long length)
    {
        using DeflateStream inflate = new(new MemoryStream(packed), CompressionMode.Decompress);
        byte[] bytes = new byte[length];
        inflate.ReadExactly(bytes);
        return bytes;
    }

    private void TakeMemory(long bytes)
    {
        _memory += bytes;
        if (_memory > _maxMemory)
        {
            throw new InvalidDatasetException(
                Location,
                "the compressed archive needs more than half of the machine's memory. "
                + "Uncompress it with gunzip: a plain .tar is read in place.");
        }
    }
}
