namespace Fovea.Data;

/// <summary>
/// One part of a set in IDX files, the format of MNIST and its kin, plain or gzip; files are told by their content, parts by their names.
/// </summary>
/// <remarks>
/// The classes' names come from <c>classes.txt</c> in the folder, one a line in the order of the labels, or from EMNIST's
/// <c>-mapping.txt</c>. Without them, the folder that <see cref="FashionMnist.FullLocation"/> names, and any folder with "fashion" in its
/// name, has Fashion-MNIST's classes; others have digits.
/// </remarks>
public sealed class IdxDataset : IImageDataset
{
    private readonly IdxFile _pixels;
    private readonly byte[] _labels;
    private readonly string _prefix;

    private IdxDataset(IdxFile pixels, byte[] labels, IReadOnlyList<string> classes, string prefix, IReadOnlyList<string> notes) =>
        (_pixels, _labels, Classes, _prefix, Notes) = (pixels, labels, classes, prefix, notes);

    /// <inheritdoc/>
    public int Count => _labels.Length;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Sentences about what was unusual.</summary>
    internal IReadOnlyList<string> Notes { get; }

    /// <summary>True if a folder holds the images of the training part, or of the test part.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="test">The test part (files named <c>t10k-</c> or <c>test-</c>) instead of the training part.</param>
    public static bool Exists(string folder, bool test = false) =>
        Directory.Exists(folder) && IdxFolder.Find(folder) is IdxFolder idx && (test ? idx.HasTest : idx.HasTraining);

    /// <summary>Reads one part of the set into memory.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="test">The test part (files named <c>t10k-</c> or <c>test-</c>) instead of the training part.</param>
    /// <exception cref="InvalidDatasetException">A file is missing, cut off or damaged, or images and labels do not agree.</exception>
    public static IdxDataset Open(string folder, bool test = false) =>
        IdxFolder.Find(folder) is IdxFolder idx && idx.PairOf(test) is IdxPair pair
            ? Read(idx.Path, pair, null)
            : throw new InvalidDatasetException(folder, $"there are no IDX files of a {(test ? "test" : "training")} part in it.");

    /// <inheritdoc/>
    public int LabelOf(int index) => _labels[index];

    /// <inheritdoc/>
    public Image Load(int index)
    {
        (int height, int width) = (_pixels.Dimensions[1], _pixels.Dimensions[2]);
        int length = height * width;
        return new Image(width, height, 1, _pixels.Values.AsSpan(index * length, length).ToArray());
    }

    /// <inheritdoc/>
    public string NameOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        return $"{_prefix}#{index}";
    }

    /// <summary>Reads a pair of files.</summary>
    /// <param name="folder">The folder of the files.</param>
    /// <param name="pair">The files.</param>
    /// <param name="classes">The classes of another part of the set; null to find them.</param>
    /// <exception cref="InvalidDatasetException">A file is missing, cut off or damaged, or images and labels do not agree.</exception>
    internal static IdxDataset Read(string folder, IdxPair pair, IReadOnlyList<string>? classes)
    {
        IdxFile pixels = IdxFile.ReadImages(pair.Images);
        IdxFile labels = IdxFile.ReadLabels(pair.Labels ?? throw MissingLabels(folder, pair.Images));
        int count = pixels.Dimensions[0];
        if (count != labels.Dimensions[0])
        {
            throw new InvalidDatasetException(
                labels.Path,
                $"there are {labels.Dimensions[0]} labels for the {count} images of {Path.GetFileName(pixels.Path)}; "
                + "the two files do not belong together.");
        }

        Image.CheckSize(pixels.Path, pixels.Dimensions[2], pixels.Dimensions[1]);
        IdxClasses own = IdxClasses.Of(folder, labels);
        RequireTwo(labels, classes);
        if (classes is not null && own.Names.Count > classes.Count)
        {
            throw new InvalidDatasetException(
                labels.Path, $"it has {own.Names.Count} classes, but the training part has {classes.Count}.");
        }

        byte[] values = labels.Values;
        if (own.Labels is not null)
        {
            List<int> numbers = [.. own.Labels];
            values = Array.ConvertAll(values, label => (byte)numbers.IndexOf(label));
        }

        IReadOnlyList<string> repeated = ClassNames.Duplicates(own.Names);
        string[] notes = repeated.Count == 0
            ? []
            : [$"several classes are called {ClassNames.List(repeated)}: told apart by their numbers."];
        return new IdxDataset(pixels, values, classes ?? ClassNames.Distinct(own.Names), Prefix(pair), notes);
    }

    private static string Prefix(IdxPair pair)
    {
        string name = Path.GetFileName(pair.Images);
        int end = name.IndexOf("-images", StringComparison.OrdinalIgnoreCase);
        return end > 0 ? name[..end] : Path.GetFileNameWithoutExtension(name);
    }

    private static InvalidDatasetException MissingLabels(string folder, string images)
    {
        string name = Path.GetFileName(images)
            .Replace("images", "labels", StringComparison.Ordinal)
            .Replace("idx3", "idx1", StringComparison.Ordinal);
        name = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
        return new InvalidDatasetException(folder, $"the file {name} (or the same with .gz) is missing.");
    }

    private static void RequireTwo(IdxFile labels, IReadOnlyList<string>? classes)
    {
        if (classes is null && !labels.Values.AsSpan().ContainsAnyExcept(labels.Values[0]))
        {
            throw new InvalidDatasetException(
                labels.Path,
                $"there is only one class: all {labels.Values.Length} labels are {labels.Values[0]}; a classifier needs at least two.");
        }
    }
}
