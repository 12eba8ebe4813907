namespace Fovea.Data;

/// <summary>A folder of a container with its folders and images.</summary>
/// <param name="path">The parts of its path from the container's root.</param>
internal sealed class FolderTree(string[] path)
{
    private readonly SortedDictionary<string, FolderTree> _folders = new(StringComparer.Ordinal);
    private readonly List<ContainerFile> _images = [];

    /// <summary>The parts of its path from the container's root.</summary>
    public string[] Path { get; } = path;

    /// <summary>Its name; empty for the root.</summary>
    public string Name => Path.Length > 0 ? Path[^1] : "";

    /// <summary>The folders right inside, in ordinal order.</summary>
    public IEnumerable<FolderTree> Folders => _folders.Values;

    /// <summary>The folders right inside that hold images somewhere.</summary>
    public IEnumerable<FolderTree> FilledFolders => _folders.Values.Where(folder => folder.Count > 0);

    /// <summary>The images right inside.</summary>
    public IReadOnlyList<ContainerFile> Images => _images;

    /// <summary>Number of images right inside and in all folders below.</summary>
    public int Count { get; private set; }

    /// <summary>True if it holds class folders: folders with images, and no images beside them.</summary>
    public bool HoldsClasses => Images.Count == 0 && FilledFolders.Any();

    /// <summary>Arranges a container's files.</summary>
    /// <param name="container">The container.</param>
    /// <returns>The root.</returns>
    public static FolderTree Of(IContainer container)
    {
        FolderTree root = new([]);
        foreach (string[] folder in container.Folders)
        {
            root.Reach(folder, folder.Length, 0);
        }

        foreach (ContainerFile image in container.Images.OrderBy(image => image.Name, StringComparer.Ordinal))
        {
            root.Reach(image.Path, image.Path.Length - 1, 1)._images.Add(image);
        }

        return root;
    }

    /// <summary>All images in it and below.</summary>
    public IEnumerable<ContainerFile> AllImages() => _images.Concat(_folders.Values.SelectMany(folder => folder.AllImages()));

    /// <summary>The folder that holds the class folders: goes down through folders that hold nothing but one folder of folders.</summary>
    public FolderTree ClassRoot()
    {
        FolderTree at = this;
        while (at.OnlyFolder is FolderTree inner)
        {
            at = inner;
        }

        return at;
    }

    /// <summary>The one folder inside, where there is nothing else and it holds class folders itself; otherwise null.</summary>
    public FolderTree? OnlyFolder =>
        Images.Count == 0 && FilledFolders.ToArray() is [FolderTree only] && only.HoldsClasses
            && (_folders.Count == 1 || only.FilledFolders.Count() > 1)
            ? only
            : null;

    private FolderTree Reach(string[] path, int depth, int images)
    {
        FolderTree at = this;
        at.Count += images;
        for (int i = 0; i < depth; i++)
        {
            if (!at._folders.TryGetValue(path[i], out FolderTree? next))
            {
                at._folders.Add(path[i], next = new FolderTree(path[..(i + 1)]));
            }

            at = next;
            at.Count += images;
        }

        return at;
    }
}
