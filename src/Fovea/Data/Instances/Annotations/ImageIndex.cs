namespace Fovea.Data;

/// <summary>Finds the images that annotations name.</summary>
internal sealed class ImageIndex
{
    private static readonly string[] _pictureFolders = ["jpegimages", "images"];
    private readonly Dictionary<string, List<ContainerFile>> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ContainerFile>> _byStem = new(StringComparer.Ordinal);
    private readonly HashSet<ContainerFile> _found = [];

    /// <summary>Takes the images of a container.</summary>
    /// <param name="images">The images.</param>
    public ImageIndex(IReadOnlyList<ContainerFile> images)
    {
        foreach (ContainerFile image in images)
        {
            Add(_byName, image.Path[^1], image);
            Add(_byStem, Path.GetFileNameWithoutExtension(image.Path[^1]), image);
        }

        Images = images;
    }

    /// <summary>All images.</summary>
    public IReadOnlyList<ContainerFile> Images { get; }

    /// <summary>The images that nobody found.</summary>
    public IEnumerable<ContainerFile> Left => Images.Where(image => !_found.Contains(image));

    /// <summary>Finds an image by its path, of which the annotations may state the end only.</summary>
    /// <param name="path">Path as the annotations state it; of one from another machine's root, the name alone counts.</param>
    /// <param name="annotation">Path of the file that states it: the nearest image is taken.</param>
    /// <param name="part">Part of the annotations; null where they have none.</param>
    public ContainerFile? Find(string path, string[] annotation, Part? part)
    {
        string[] parts = [.. path.Split('/', '\\').Where(one => one is not ("" or "." or ".."))];
        bool isAbsolute = path.StartsWith('/') || path.StartsWith('\\') || (path.Length > 1 && path[1] == ':');
        string[] wanted = isAbsolute ? parts[^1..] : parts;
        return wanted.Length == 0 ? null : Nearest(
            _byName.GetValueOrDefault(wanted[^1], []).Where(image => image.Path.AsSpan().EndsWith(wanted)), annotation, part);
    }

    /// <summary>Finds an image by its name without the ending.</summary>
    /// <param name="stem">The name.</param>
    /// <param name="annotation">Path of the file that states it: the nearest image is taken.</param>
    /// <param name="part">Part of the annotations; null where they have none.</param>
    public ContainerFile? FindStem(string stem, string[] annotation, Part? part) =>
        Nearest(_byStem.GetValueOrDefault(stem, []), annotation, part);

    private static void Add(Dictionary<string, List<ContainerFile>> index, string key, ContainerFile image)
    {
        if (!index.TryGetValue(key, out List<ContainerFile>? images))
        {
            index.Add(key, images = []);
        }

        images.Add(image);
    }

    /// <summary>The image nearest to its annotation; one in a folder of another part is none of them.</summary>
    private ContainerFile? Nearest(IEnumerable<ContainerFile> images, string[] annotation, Part? part)
    {
        ContainerFile? nearest = images
            .Where(image => part is null || AnnotationParts.OfFolders(image.Path) is not Part own || own == part)
            .OrderByDescending(image => part is not null && AnnotationParts.OfFolders(image.Path) == part)
            .ThenByDescending(image => image.Path[..^1].Any(folder => _pictureFolders.Contains(folder.ToLowerInvariant())))
            .ThenByDescending(image => image.Path.AsSpan().CommonPrefixLength(annotation))
            .ThenBy(image => image.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        if (nearest is not null)
        {
            _found.Add(nearest);
        }

        return nearest;
    }
}
