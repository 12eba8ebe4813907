using Microsoft.Win32.SafeHandles;

namespace Fovea.Data;

/// <summary>
/// The pictures of a <c>.tar</c> or <c>.tar.gz</c> archive with one folder for each class, read without unpacking it.
/// Single folders around the class folders, such as a lone <c>train/</c>, are passed over.
/// </summary>
/// <remarks>
/// A plain archive stays open and is read at each picture's position; a compressed one is read once and its pictures kept in memory, encoded.
/// Classes and pictures are in the ordinal order of their names, as in <see cref="FolderDataset"/>.
/// </remarks>
public sealed class TarDataset : IPictureDataset, IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle? _file;
    private readonly TarPicture[] _pictures;
    private readonly string[] _names;
    private readonly int[] _labels;

    private TarDataset(string path, SafeFileHandle? file, TarPicture[] pictures, string[] names, string[] classes, int[] labels) =>
        (_path, _file, _pictures, _names, Classes, _labels) = (path, file, pictures, names, classes, labels);

    /// <inheritdoc/>
    public int Count => _pictures.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Lists an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="InvalidDatasetException">
    /// The archive is missing, cut off, holds links or paths outside its root, or has no pictures, an empty class folder or only one class.
    /// </exception>
    public static TarDataset Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDatasetException(path, "there is no such file.");
        }

        var entries = TarEntries.Read(path);
        int depth = CommonDepth(entries);
        foreach (var picture in entries.Pictures)
        {
            if (picture.Path.Length < depth + 2)
            {
                throw new InvalidDatasetException(
                    path, $"the picture '{string.Join('/', picture.Path)}' is in no class folder. Expected one folder for each class: class/picture.jpg.");
            }
        }

        var named = entries.Pictures.Select(picture => (Name: string.Join('/', picture.Path.Skip(depth)), Picture: picture)).ToArray();
        Array.Sort(named, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        for (int i = 1; i < named.Length; i++)
        {
            if (named[i].Name == named[i - 1].Name)
            {
                throw new InvalidDatasetException(path, $"the entry '{named[i].Name}' is in the archive twice. Pack it again from a clean folder.");
            }
        }

        string[] pictureClasses = [.. named.Select(item => item.Picture.Path[depth])];
        var folders = entries.Folders.Where(folder => folder.Length > depth).Select(folder => folder[depth]).Where(name => !name.StartsWith('.'));
        var (classes, labels) = DatasetChecks.Label(path, folders.Union(pictureClasses), pictureClasses);
        return new TarDataset(
            path,
            entries.IsPlain ? File.OpenHandle(path) : null,
            [.. named.Select(item => item.Picture)],
            [.. named.Select(item => item.Name)],
            classes,
            labels);
    }

    /// <inheritdoc/>
    public int LabelOf(int index) => _labels[index];

    /// <inheritdoc/>
    public Picture Load(int index)
    {
        var picture = _pictures[index];
        string name = $"{_path}: {string.Join('/', picture.Path)}";
        if (picture.Bytes is { } kept)
        {
            return PictureFile.Decode(kept, name);
        }

        var bytes = new byte[picture.Length];
        int filled = 0;
        try
        {
            for (int read; filled < bytes.Length && (read = RandomAccess.Read(_file!, bytes.AsSpan(filled), picture.Offset + filled)) > 0;)
            {
                filled += read;
            }
        }
        catch (IOException exception)
        {
            throw new InvalidPictureException(name, $"the archive cannot be read ({exception.Message}).", exception);
        }

        return filled == bytes.Length
            ? PictureFile.Decode(bytes, name)
            : throw new InvalidPictureException(name, "the archive has become shorter since it was opened.");
    }

    /// <inheritdoc/>
    public string NameOf(int index) => _names[index];

    /// <summary>Closes a plain archive.</summary>
    public void Dispose() => _file?.Dispose();

    /// <summary>How many folders all pictures and folders have in common around the class folders.</summary>
    private static int CommonDepth(TarEntries entries)
    {
        int depth = 0;
        while (entries.Pictures.Count > 0 && entries.Pictures.TrueForAll(picture => picture.Path.Length > depth + 2)
            && entries.Pictures.TrueForAll(picture => picture.Path[depth] == entries.Pictures[0].Path[depth])
            && entries.Folders.TrueForAll(folder => folder.Length <= depth || folder[depth] == entries.Pictures[0].Path[depth]))
        {
            depth++;
        }

        return depth;
    }
}
