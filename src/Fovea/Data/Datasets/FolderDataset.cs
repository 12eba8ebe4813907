namespace Fovea.Data;

/// <summary>A folder with one folder for each class: <c>root/class/image.jpg</c>; images may lie deeper inside a class folder.</summary>
/// <remarks>
/// Classes and images are in the ordinal order of their names. Hidden files and files that are not PNG or JPEG are passed over.
/// </remarks>
public sealed class FolderDataset : IImageDataset
{
    private static readonly EnumerationOptions _everywhere =
        new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false };

    private readonly string _root;
    private readonly string[] _names;
    private readonly int[] _labels;

    private FolderDataset(string root, string[] names, string[] classes, int[] labels) =>
        (_root, _names, Classes, _labels) = (root, names, classes, labels);

    /// <inheritdoc/>
    public int Count => _names.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Lists the images of a folder.</summary>
    /// <param name="root">The folder that holds the class folders, or a single folder that does.</param>
    /// <exception cref="InvalidDatasetException">The folder is missing, has no images, an empty class folder or only one class.</exception>
    public static FolderDataset Open(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new InvalidDatasetException(root, "there is no such folder.");
        }

        try
        {
            root = Descend(root);
            List<string> names = new();
            string[] folders = SubfoldersOf(root);
            foreach (string folder in folders)
            {
                names.AddRange(
                    Directory.EnumerateFiles(Path.Combine(root, folder), "*", _everywhere)
                        .Where(ImageFile.HasImageExtension)
                        .Select(file => Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/')));
            }

            string[] sorted = [.. names.Order(StringComparer.Ordinal)];
            (string[]? classes, int[]? labels) = DatasetChecks.Label(root, folders, [.. sorted.Select(name => name[..name.IndexOf('/')])]);
            return new FolderDataset(root, sorted, classes, labels);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(root, $"the folder cannot be read ({exception.Message}).", exception);
        }
    }

    /// <inheritdoc/>
    public int LabelOf(int index) => _labels[index];

    /// <inheritdoc/>
    public Image Load(int index) => ImageFile.Read(Path.Combine(_root, _names[index]));

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => ImageFile.Read(Path.Combine(_root, _names[index]), atLeast);

    /// <inheritdoc/>
    public string NameOf(int index) => _names[index];

    /// <summary>The names of the folders right inside a folder, hidden ones left out.</summary>
    /// <param name="root">An existing folder.</param>
    /// <exception cref="InvalidDatasetException">The folder cannot be read.</exception>
    internal static string[] SubfoldersOf(string root)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(root)
                .Select(folder => Path.GetFileName(folder))
                .Where(name => !name.StartsWith('.'))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(root, $"the folder cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>Goes down through folders that hold nothing but one folder of folders, such as a lone <c>train/</c>.</summary>
    private static string Descend(string root)
    {
        while (SubfoldersOf(root) is [string only] && SubfoldersOf(Path.Combine(root, only)).Length > 0
            && !Directory.EnumerateFiles(Path.Combine(root, only)).Any(ImageFile.HasImageExtension))
        {
            root = Path.Combine(root, only);
        }

        return root;
    }
}
