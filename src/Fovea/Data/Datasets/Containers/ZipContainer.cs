using System.IO.Compression;

namespace Fovea.Data;

/// <summary>A <c>.zip</c>, which stays open; images are inflated one at a time and decoded side by side.</summary>
internal sealed class ZipContainer : IContainer
{
    private const int UnixLink = 0xA000;
    private const int UnixKinds = 0xF000;
    private const int MaxTarget = 4096;

    // Below this size an image may be as repetitive as it likes.
    private const long FreeBytes = 16L << 20;

    private readonly ZipArchive _archive;
    private readonly List<ZipArchiveEntry> _entries = [];
    private readonly ContainerListing _listing = new();
    private readonly ArchiveLinks _links = new();
    private readonly Lock _gate = new();

    private ZipContainer(string path)
    {
        (Location, _archive) = (path, ZipFile.OpenRead(path));
        try
        {
            foreach (ZipArchiveEntry entry in _archive.Entries)
            {
                Add(entry);
            }

            _links.Resolve(_listing);
        }
        catch
        {
            _archive.Dispose();
            throw;
        }
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
    /// <exception cref="InvalidDatasetException">The archive is cut off or damaged, or holds paths that leave its root.</exception>
    public static ZipContainer Open(string path)
    {
        try
        {
            return new ZipContainer(path);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new InvalidDatasetException(
                path, $"this is not a whole .zip archive ({exception.Message.TrimEnd('.')}). Fetch it again, or give a folder.", exception);
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
        ZipArchiveEntry entry = _entries[file.Key];
        file.CheckLength(name);
        if (entry.IsEncrypted)
        {
            throw new InvalidImageException(name, "it is encrypted. Unpack the archive with its password.");
        }

        if (file.Length > FreeBytes && file.Length / InflatingStream.MaxRatio > entry.CompressedLength)
        {
            throw new InvalidImageException(name, $"it inflates to more than {InflatingStream.MaxRatio} times its size. Take it out.");
        }

        return Read(entry, file.Length, name);
    }

    /// <summary>Closes the archive.</summary>
    public void Dispose() => _archive.Dispose();

    private string NameOf(ContainerFile file) => $"{Location}: {file.Name}";

    private static bool IsDamage(Exception exception) =>
        exception is InvalidDataException or EndOfStreamException or ArgumentException or OverflowException or NotSupportedException;

    private void Add(ZipArchiveEntry entry)
    {
        string[] parts = ArchivePath.Split(entry.FullName, Location);
        if (parts.Length == 0)
        {
            return;
        }

        _listing.AddFolderOf(parts);
        if (entry.FullName[^1] is '/' or '\\')
        {
            if (!ContainerListing.IsHidden(parts))
            {
                _listing.Folders.Add(parts);
            }
        }
        else if ((entry.ExternalAttributes >> 16 & UnixKinds) == UnixLink)
        {
            _links.AddLink(parts, entry.Length <= MaxTarget ? ArchivePath.Resolve(parts.AsSpan(..^1), Target(entry)) : null);
        }
        else if (!ContainerListing.IsHidden(parts[^1]))
        {
            AddFile(entry, parts);
        }
    }

    private void AddFile(ZipArchiveEntry entry, string[] parts)
    {
        bool isImage = ImageContent.IsImage(parts[^1], () => Beginning(entry));
        if (isImage || ContainerFile.IsTextName(parts[^1]))
        {
            ContainerFile file = new(parts, entry.Length, _entries.Count, !isImage);
            _entries.Add(entry);
            _links.AddFile(file);
            if (!ContainerListing.IsHidden(parts))
            {
                _listing.Add(file);
            }
        }
        else if (!ContainerListing.IsHidden(parts))
        {
            _listing.PassOverFile(parts[^1]);
        }
    }

    private static byte[] Beginning(ZipArchiveEntry entry)
    {
        if (entry.IsEncrypted || entry.Length == 0)
        {
            return [];
        }

        try
        {
            using Stream stream = entry.Open();
            return ImageContent.Beginning(stream);
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            // Whatever it is, no image can be read from it.
            return [];
        }
    }

    private static string Target(ZipArchiveEntry entry)
    {
        using StreamReader reader = new(entry.Open());
        return reader.ReadToEnd();
    }

    private byte[] Read(ZipArchiveEntry entry, long length, string name)
    {
        try
        {
            // An archive reads one entry at a time.
            lock (_gate)
            {
                using Stream stream = entry.Open();
                byte[] bytes = new byte[length];
                stream.ReadExactly(bytes);
                return bytes;
            }
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new InvalidImageException(
                name, $"it is damaged in the archive ({exception.Message.TrimEnd('.')}). Fetch it again.", exception);
        }
        catch (IOException exception)
        {
            throw new InvalidImageException(name, $"the archive cannot be read ({exception.Message}).", exception);
        }
    }
}
