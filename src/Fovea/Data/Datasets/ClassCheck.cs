namespace Fovea.Data;

/// <summary>Holds the classes of a data set against those that are expected: a label means nothing without them.</summary>
public static class ClassCheck
{
    private const int Shown = 5;

    /// <summary>Refuses a set of other classes, or of the same in another order.</summary>
    /// <param name="expected">The classes, in the order of the labels.</param>
    /// <param name="dataset">The set.</param>
    /// <param name="name">What the set is, at the beginning of the message.</param>
    /// <param name="owner">Whose classes are expected.</param>
    /// <exception cref="InvalidDatasetException">The set has other classes.</exception>
    public static void Require(IReadOnlyList<string> expected, IImageDataset dataset, string name, string owner)
    {
        if (!dataset.Classes.SequenceEqual(expected))
        {
            throw new InvalidDatasetException(
                name,
                $"its classes are {List(dataset.Classes)}, but {owner} has {List(expected)}. "
                + "Give a set of the same classes in the same order.");
        }
    }

    private static string List(IReadOnlyList<string> classes) => classes.Count <= Shown
        ? string.Join(", ", classes)
        : $"{string.Join(", ", classes.Take(Shown))}, … ({classes.Count} in all)";
}
