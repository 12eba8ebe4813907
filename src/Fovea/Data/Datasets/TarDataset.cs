using Microsoft.Win32.SafeHandles;

namespace Fovea.Data;

/// <summary>
/// The images of a <c>.tar</c> or <c>.tar.gz</c> archive with one folder for each class, read without unpacking it.
/// Single folders around the class folders, such as a lone <c>train/</c>, are passed over.
/// </summary>
/// <remarks>
/// A plain archive stays open and is read at each image's position; a compressed one is read once and its images kept in memory, encoded.
/// Classes and images are in the ordinal order of their names, as in <see cref="FolderDataset"/>.
/// </remarks>
public sealed class TarDataset : IImageDataset, IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle? _file;
    private readonly TarImage[] _images;
    private readonly string[] _names;
    private readonly int[] _labels;

    private TarDataset(string path, SafeFileHandle? file, TarImage[] images, string[] names, string[] classes, int[] labels) =>
        (_path, _file, _images, _names, Classes, _labels) = (path, file, images, names, classes, labels);

    /// <inheritdoc/>
    public int Count => _images.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Lists an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="InvalidDatasetException">
    /// The archive is missing, cut off, holds links or paths outside its root, or has no images, an empty class folder or only one class.
    /// </exception>
    public static TarDataset Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDatasetException(path, "there is no such file.");
        }

        TarEntries entries = TarEntries.Read(path);
        int depth = CommonDepth(entries);
        foreach (TarImage image in entries.Images)
        {
            if (image.Path.Length < depth + 2)
            {
                throw new InvalidDatasetException(
                    path,
                    $"the image '{string.Join('/', image.Path)}' is in no class folder. "
                    + "Expected one folder for each class: class/image.jpg.");
            }
        }

        (string Name, TarImage Image)[] named = entries.Images
            .Select(image => (Name: string.Join('/', image.Path.Skip(depth)), Image: image))
            .ToArray();
        Array.Sort(named, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        for (int i = 1; i < named.Length; i++)
        {
            if (named[i].Name == named[i - 1].Name)
            {
                throw new InvalidDatasetException(
                    path, $"the entry '{named[i].Name}' is in the archive twice. Pack it again from a clean folder.");
            }
        }

        string[] imageClasses = [.. named.Select(item => item.Image.Path[depth])];
        IEnumerable<string> folders = entries.Folders
            .Where(folder => folder.Length > depth)
            .Select(folder => folder[depth])
            .Where(name => !name.StartsWith('.'));
        (string[]? classes, int[]? labels) = DatasetChecks.Label(path, folders.Union(imageClasses), imageClasses);
        return new TarDataset(
            path,
            entries.IsPlain ? File.OpenHandle(path) : null,
            [.. named.Select(item => item.Image)],
            [.. named.Select(item => item.Name)],
            classes,
            labels);
    }

    /// <inheritdoc/>
    public int LabelOf(int index) => _labels[index];

    /// <inheritdoc/>
    public Image Load(int index) => Load(index, null);

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => Load(index, (ImageSize?)atLeast);

    private Image Load(int index, ImageSize? atLeast)
    {
        TarImage image = _images[index];
        string name = $"{_path}: {string.Join('/', image.Path)}";
        if (image.Bytes is { } kept)
        {
            return ImageFile.Decode(kept, name, atLeast);
        }

        byte[] bytes = new byte[image.Length];
        int filled = 0;
        try
        {
            for (int read; filled < bytes.Length && (read = RandomAccess.Read(_file!, bytes.AsSpan(filled), image.Offset + filled)) > 0;)
            {
                filled += read;
            }
        }
        catch (IOException exception)
        {
            throw new InvalidImageException(name, $"the archive cannot be read ({exception.Message}).", exception);
        }

        return filled == bytes.Length
            ? ImageFile.Decode(bytes, name, atLeast)
            : throw new InvalidImageException(name, "the archive has become shorter since it was opened.");
    }

    /// <inheritdoc/>
    public string NameOf(int index) => _names[index];

    /// <summary>Closes a plain archive.</summary>
    public void Dispose() => _file?.Dispose();

    /// <summary>Number of folders that all images and folders have in common around the class folders.</summary>
    private static int CommonDepth(TarEntries entries)
    {
        int depth = 0;
        while (entries.Images.Count > 0 && entries.Images.TrueForAll(image => image.Path.Length > depth + 2)
            && entries.Images.TrueForAll(image => image.Path[depth] == entries.Images[0].Path[depth])
            && entries.Folders.TrueForAll(folder => folder.Length <= depth || folder[depth] == entries.Images[0].Path[depth]))
        {
            depth++;
        }

        return depth;
    }
}
