namespace Fovea.Data;

/// <summary>A folder with IDX files in MNIST's layout: <c>train-images-idx3-ubyte</c> and its kin, plain or gzip.</summary>
/// <remarks>
/// The classes' names come from <c>classes.txt</c> in the folder, one a line in the order of the labels. Without it, the folder that
/// <see cref="FashionMnist.FullLocation"/> names, and any folder with "fashion" in its name, has Fashion-MNIST's classes; others have
/// digits.
/// </remarks>
public sealed class IdxDataset : IImageDataset
{
    private readonly Image[] _images;
    private readonly byte[] _labels;
    private readonly string _prefix;

    private IdxDataset(Image[] images, byte[] labels, IReadOnlyList<string> classes, string prefix) =>
        (_images, _labels, Classes, _prefix) = (images, labels, classes, prefix);

    /// <inheritdoc/>
    public int Count => _images.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>True if a folder holds the images of the training part, or of the test part.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="test">The test part (files named <c>t10k-</c>) instead of the training part.</param>
    public static bool Exists(string folder, bool test = false) => Find(folder, Prefix(test), "images", 3) is not null;

    /// <summary>Reads one part of the set into memory.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="test">The test part (files named <c>t10k-</c>) instead of the training part.</param>
    /// <exception cref="InvalidDatasetException">A file is missing, cut off or damaged, or images and labels do not agree.</exception>
    public static IdxDataset Open(string folder, bool test = false)
    {
        string prefix = Prefix(test);
        IdxFile pixels = IdxFile.ReadImages(Find(folder, prefix, "images", 3) ?? throw Missing(folder, prefix, "images", 3));
        IdxFile labels = IdxFile.ReadLabels(Find(folder, prefix, "labels", 1) ?? throw Missing(folder, prefix, "labels", 1));
        int count = pixels.Dimensions[0];
        if (count != labels.Dimensions[0])
        {
            throw new InvalidDatasetException(
                labels.Path,
                $"there are {labels.Dimensions[0]} labels for the {count} images of {Path.GetFileName(pixels.Path)}; "
                + "the two files do not belong together.");
        }

        IReadOnlyList<string> classes = ReadClasses(folder, labels);
        (int height, int width) = (pixels.Dimensions[1], pixels.Dimensions[2]);
        Image.CheckSize(pixels.Path, width, height);
        Image[] images = new Image[count];
        for (int i = 0; i < count; i++)
        {
            images[i] = new Image(width, height, 1, pixels.Values.AsSpan(i * width * height, width * height).ToArray());
        }

        return new IdxDataset(images, labels.Values, classes, prefix);
    }

    /// <inheritdoc/>
    public int LabelOf(int index) => _labels[index];

    /// <inheritdoc/>
    public Image Load(int index) => _images[index];

    /// <inheritdoc/>
    public string NameOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return $"{_prefix}#{index}";
    }

    private static string Prefix(bool test) => test ? "t10k" : "train";

    private static string? Find(string folder, string prefix, string content, int rank)
    {
        string[] names = [$"{prefix}-{content}-idx{rank}-ubyte", $"{prefix}-{content}.idx{rank}-ubyte"];
        return names.SelectMany(name => new[] { name, name + ".gz" })
            .Select(name => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }

    private static InvalidDatasetException Missing(string folder, string prefix, string content, int rank) =>
        new(folder, $"the file {prefix}-{content}-idx{rank}-ubyte (or the same with .gz) is missing.");

    private static IReadOnlyList<string> ReadClasses(string folder, IdxFile labels)
    {
        int needed = labels.Values.Max() + 1;
        string list = Path.Combine(folder, "classes.txt");
        if (File.Exists(list))
        {
            string[] names = [.. File.ReadLines(list).Select(line => line.Trim()).Where(line => line.Length > 0)];
            return needed <= names.Length
                ? RequireTwo(labels, names)
                : throw new InvalidDatasetException(
                    list, $"it names {names.Length} classes, but {Path.GetFileName(labels.Path)} has the label {needed - 1}.");
        }

        string full = Path.GetFullPath(folder);
        bool fashion = full == FashionMnist.FullLocation
            || Path.GetFileName(Path.TrimEndingDirectorySeparator(full)).Contains("fashion", StringComparison.OrdinalIgnoreCase);
        return RequireTwo(
            labels,
            fashion && needed <= FashionMnist.ClassCheck.Count
                ? FashionMnist.ClassCheck
                : [.. Enumerable.Range(0, needed).Select(label => $"{label}")]);
    }

    private static IReadOnlyList<string> RequireTwo(IdxFile labels, IReadOnlyList<string> names) =>
        labels.Values.AsSpan().ContainsAnyExcept(labels.Values[0])
            ? names
            : throw new InvalidDatasetException(
                labels.Path,
                $"there is only one class: all {labels.Values.Length} labels are {labels.Values[0]}; a classifier needs at least two.");
}
