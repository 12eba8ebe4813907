namespace Fovea.Data;

/// <summary>Images in the class folders of a folder or archive: <c>class/image.jpg</c>; they may lie deeper inside them.</summary>
/// <remarks>Classes and images are in the ordinal order of their names. Folders whose names are the same text are one class.</remarks>
internal sealed class ClassFolderDataset : IImageDataset
{
    private readonly IContainer _container;
    private readonly ContainerFile[] _files;
    private readonly string[] _names;
    private readonly int[] _labels;

    private ClassFolderDataset(IContainer container, FolderTree root, IReadOnlyList<string> classes, Dictionary<string, int> numbers)
    {
        (_container, Classes) = (container, classes);
        (string Name, int Label, ContainerFile File)[] images =
        [
            .. root.FilledFolders.SelectMany(folder => folder.AllImages().Select(
                file => (string.Join('/', file.Path.Skip(root.Path.Length)), numbers[ClassNames.Key(folder.Name)], file))),
        ];
        Array.Sort(images, (one, other) => string.CompareOrdinal(one.Name, other.Name));
        for (int i = 1; i < images.Length; i++)
        {
            if (images[i].Name == images[i - 1].Name)
            {
                throw new InvalidDatasetException(
                    container.Location, $"the entry '{images[i].Name}' is in the archive twice. Pack it again from a clean folder.");
            }
        }

        _files = [.. images.Select(image => image.File)];
        _names = [.. images.Select(image => image.Name)];
        _labels = [.. images.Select(image => image.Label)];
    }

    /// <inheritdoc/>
    public int Count => _files.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Takes the classes from the folders.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <param name="root">The folder of the class folders.</param>
    /// <exception cref="InvalidDatasetException">There are no images, an empty class folder or only one class.</exception>
    public static ClassFolderDataset Open(IContainer container, FolderTree root)
    {
        List<string> classes = [];
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        HashSet<string> filled = [.. root.FilledFolders.Select(folder => ClassNames.Key(folder.Name))];
        foreach (FolderTree folder in root.Folders)
        {
            if (numbers.TryAdd(ClassNames.Key(folder.Name), classes.Count))
            {
                classes.Add(folder.Name);
            }
        }

        Require(container.Location, root, classes, filled);
        return new ClassFolderDataset(container, root, classes, numbers);
    }

    /// <summary>Takes the classes of another part.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <param name="root">The folder of the class folders; some classes may be missing.</param>
    /// <param name="classes">The classes in the order of the labels.</param>
    /// <exception cref="InvalidDatasetException">There is a class that is none of them.</exception>
    public static ClassFolderDataset Open(IContainer container, FolderTree root, IReadOnlyList<string> classes)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        foreach (string name in classes)
        {
            numbers.Add(ClassNames.Key(name), numbers.Count);
        }

        string[] unknown = [.. root.FilledFolders.Select(folder => folder.Name).Where(name => !numbers.ContainsKey(ClassNames.Key(name)))];
        return unknown.Length == 0
            ? new ClassFolderDataset(container, root, classes, numbers)
            : throw new InvalidDatasetException(
                string.Join('/', [container.Location, .. root.Path]),
                $"the classes {ClassNames.List(unknown)} are none of the training part's. "
                + "Take these folders out, or put folders of them into the training part.");
    }

    /// <inheritdoc/>
    public int LabelOf(int index) => _labels[index];

    /// <inheritdoc/>
    public Image Load(int index) => _container.Load(_files[index]);

    /// <inheritdoc/>
    public Image Load(int index, ImageSize atLeast) => _container.Load(_files[index], atLeast);

    /// <inheritdoc/>
    public string NameOf(int index) => _names[index];

    private static void Require(string location, FolderTree root, List<string> classes, HashSet<string> filled)
    {
        if (filled.Count == 0)
        {
            throw new InvalidDatasetException(
                location,
                root.Images.Count == 0
                    ? "there are no images in it. Expected one folder for each class with images: class/image.jpg."
                    : $"its {root.Images.Count} images are in no class folder. Expected one folder for each class: class/image.jpg.");
        }

        if (classes.Find(name => !filled.Contains(ClassNames.Key(name))) is string empty)
        {
            throw new InvalidDatasetException(
                location, $"the class folder '{empty}' has no images that can be read. Put images into it or take the folder out.");
        }

        if (classes.Count == 1)
        {
            throw new InvalidDatasetException(
                location, $"there is only one class, '{classes[0]}'; a classifier needs at least two, each in its own folder.");
        }

        if (classes.TrueForAll(name => PartNames.IsExact(name) && PartNames.Of(name) != Part.Unlabelled))
        {
            throw new InvalidDatasetException(
                location,
                $"the folders in it ({ClassNames.List(classes)}) are parts of a data set, not classes. "
                + "Give each part by itself, with one folder for each class in it.");
        }
    }
}
