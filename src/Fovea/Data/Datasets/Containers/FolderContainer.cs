namespace Fovea.Data;

/// <summary>A folder with everything in it. Links to files are followed; links to folders as well, but each folder is read once.</summary>
internal sealed class FolderContainer : IContainer
{
    private readonly string[] _files;

    private readonly ContainerListing _listing;

    private FolderContainer(string location, Walk walk) => (Location, _files, _listing) = (location, [.. walk.Files], walk.Listing);

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

    /// <summary>Lists a folder.</summary>
    /// <param name="path">An existing folder.</param>
    /// <exception cref="InvalidDatasetException">It, or a folder in it, cannot be read.</exception>
    public static FolderContainer Open(string path)
    {
        try
        {
            Walk walk = new();
            walk.Everything(path);
            return new FolderContainer(path, walk);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"the folder cannot be read ({exception.Message}).", exception);
        }
    }

    /// <inheritdoc/>
    public Image Load(ContainerFile file, ImageSize? atLeast = null) =>
        file.Length > 0 ? ImageFile.Read(_files[file.Key], atLeast) : ImageFile.Decode([], _files[file.Key]);

    /// <inheritdoc/>
    public byte[] Read(ContainerFile file)
    {
        string path = _files[file.Key];
        file.CheckLength(path);
        try
        {
            // Pipes and devices have no length, and reading them may never end.
            return file.Length > 0 ? File.ReadAllBytes(path) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageException(path, $"the file cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>Nothing is held open.</summary>
    public void Dispose()
    {
    }

    private sealed class Walk
    {
        private readonly HashSet<string> _read = new(StringComparer.Ordinal);
        private readonly Queue<(string[] Path, string Target)> _links = [];

        public List<string> Files { get; } = [];

        public ContainerListing Listing { get; } = new();

        public void Everything(string root)
        {
            string real = RealPath.Of(root);
            Read(real, []);

            // After the folders themselves, so that it does not depend on names which of several ways into one is taken.
            while (_links.TryDequeue(out (string[] Path, string Target) link))
            {
                string name = string.Join('/', link.Path);
                if (_read.Contains(link.Target) || RealPath.Contains(link.Target, real))
                {
                    Listing.PassOverLink(name, "leads to a folder that is read already");
                }
                else
                {
                    Listing.Folders.Add(link.Path);
                    Read(link.Target, link.Path);
                }
            }
        }

        private void Read(string folder, string[] path)
        {
            _read.Add(folder);
            IEnumerable<FileSystemInfo> visible = new DirectoryInfo(folder).EnumerateFileSystemInfos()
                .Where(entry => !ContainerListing.IsHidden(entry.Name) && !entry.Attributes.HasFlag(FileAttributes.Hidden));
            foreach (FileSystemInfo entry in visible.OrderBy(entry => entry.Name, StringComparer.Ordinal))
            {
                string[] parts = [.. path, entry.Name];
                if (!entry.Attributes.HasFlag(FileAttributes.Directory))
                {
                    Add((FileInfo)entry, parts);
                }
                else if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    _links.Enqueue((parts, RealPath.Of(entry.FullName)));
                }
                else
                {
                    Listing.Folders.Add(parts);
                    Read(Path.Combine(folder, entry.Name), parts);
                }
            }
        }

        private void Add(FileInfo file, string[] parts)
        {
            // The length of a link is that of its target; a file without one is empty, a pipe, a device or a link to nothing.
            FileSystemInfo? target = file.Attributes.HasFlag(FileAttributes.ReparsePoint)
                ? file.ResolveLinkTarget(returnFinalTarget: true)
                : file;
            long length = target is FileInfo { Exists: true } real ? real.Length : 0;
            bool isImage = ImageContent.IsImage(file.Name, () => length > 0 ? ImageContent.Beginning(file.FullName) : []);
            if (isImage || ContainerFile.IsTextName(file.Name))
            {
                Listing.Add(new ContainerFile(parts, length, Files.Count, !isImage));
                Files.Add(file.FullName);
            }
            else
            {
                Listing.PassOverFile(file.Name);
            }
        }
    }
}
