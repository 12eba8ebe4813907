namespace Fovea.Data;

/// <summary>Holds the classes of a data set against those that are expected: a label means nothing without them.</summary>
public static class ClassCheck
{
    /// <summary>True if two lists name the same classes in the same order, however their letters are encoded.</summary>
    /// <param name="one">Names of classes.</param>
    /// <param name="other">Names of classes.</param>
    public static bool AreSame(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Select(ClassNames.Key).SequenceEqual(other.Select(ClassNames.Key));
    }

    /// <summary>Refuses a set of other classes, or of the same in another order.</summary>
    /// <param name="expected">The classes, in the order of the labels.</param>
    /// <param name="dataset">The set.</param>
    /// <param name="name">What the set is, at the beginning of the message.</param>
    /// <param name="owner">Whose classes are expected.</param>
    /// <exception cref="InvalidDatasetException">The set has other classes.</exception>
    public static void Require(IReadOnlyList<string> expected, IDataset dataset, string name, string owner)
    {
        if (!AreSame(expected, dataset.Classes))
        {
            throw Differs(expected, dataset, name, owner);
        }
    }

    /// <summary>The classes that a set has in common with others, in the order of those.</summary>
    /// <param name="expected">The other classes.</param>
    /// <param name="dataset">The set.</param>
    internal static string[] CommonNames(IReadOnlyList<string> expected, IImageDataset dataset)
    {
        HashSet<string> own = [.. dataset.Classes.Select(ClassNames.Key)];
        return [.. expected.Where(item => own.Contains(ClassNames.Key(item)))];
    }

    /// <summary>Matches the classes of a set by name with those that are expected, whatever their order.</summary>
    /// <param name="expected">The classes, in the order of the labels.</param>
    /// <param name="dataset">The set.</param>
    /// <param name="name">What the set is, at the beginning of the message.</param>
    /// <param name="owner">Whose classes are expected.</param>
    /// <returns>The set with the labels that are expected; the set itself where it has them already.</returns>
    /// <exception cref="InvalidDatasetException">The set has other classes, more or fewer.</exception>
    public static IImageDataset Match(IReadOnlyList<string> expected, IImageDataset dataset, string name, string owner) =>
        Match(expected, dataset, name, owner, []);

    /// <summary>Matches classes by name, with further ways out where they differ.</summary>
    internal static IImageDataset Match(
        IReadOnlyList<string> expected, IImageDataset dataset, string name, string owner, IReadOnlyList<Remedy> more)
    {
        if (dataset.Classes.SequenceEqual(expected))
        {
            return dataset;
        }

        Dictionary<string, int> labels = Numbered(expected);
        int[] map = Map(dataset, labels);
        bool isOneToOne = dataset.Classes.Count == expected.Count && !map.Contains(-1) && map.Distinct().Count() == map.Length;
        return isOneToOne
            ? new RelabeledDataset(dataset, expected, map)
            : throw Differs(expected, dataset, name, owner, more);
    }

    /// <summary>Keeps the images of those classes that a set has in common with others.</summary>
    /// <param name="expected">The other classes.</param>
    /// <param name="dataset">The set.</param>
    /// <param name="name">What the set is, at the beginning of the message.</param>
    /// <param name="owner">Whose classes are expected.</param>
    /// <returns>The images, with the common classes in the order of those that are expected.</returns>
    /// <exception cref="InvalidDatasetException">They have no class in common.</exception>
    public static IImageDataset Common(IReadOnlyList<string> expected, IImageDataset dataset, string name, string owner)
    {
        string[] common = CommonNames(expected, dataset);
        int[] map = Map(dataset, Numbered(common));
        int[] kept = [.. Enumerable.Range(0, dataset.Count).Where(index => map[dataset.LabelOf(index)] >= 0)];
        return kept.Length > 0
            ? new RelabeledDataset(kept.Length == dataset.Count ? dataset : new SubsetDataset(dataset, kept), common, map)
            : throw Differs(expected, dataset, name, owner);
    }

    private static Dictionary<string, int> Numbered(IReadOnlyList<string> classes)
    {
        Dictionary<string, int> labels = new(StringComparer.Ordinal);
        for (int i = 0; i < classes.Count; i++)
        {
            labels.TryAdd(ClassNames.Key(classes[i]), i);
        }

        return labels;
    }

    private static int[] Map(IImageDataset dataset, Dictionary<string, int> labels) =>
        [.. dataset.Classes.Select(item => labels.GetValueOrDefault(ClassNames.Key(item), -1))];

    private static InvalidDatasetException Differs(
        IReadOnlyList<string> expected, IDataset dataset, string name, string owner, params IReadOnlyList<Remedy> more)
    {
        Remedy[] remedies = [new Remedy.Advice("Give a set of the same classes."), .. more];
        HashSet<string> theirs = [.. expected.Select(ClassNames.Key)];
        HashSet<string> own = [.. dataset.Classes.Select(ClassNames.Key)];
        string[] extra = [.. dataset.Classes.Where(item => !theirs.Contains(ClassNames.Key(item)))];
        string[] missing = [.. expected.Where(item => !own.Contains(ClassNames.Key(item)))];
        string difference = string.Concat(
            extra.Length > 0 ? $" Only the set has {ClassNames.List(extra)}." : "",
            missing.Length > 0 ? $" It lacks {ClassNames.List(missing)}." : "");
        return new InvalidDatasetException(
            name,
            $"its classes are {ClassNames.List(dataset.Classes)}, but {owner} has {ClassNames.List(expected)}.{difference}",
            remedies);
    }
}
