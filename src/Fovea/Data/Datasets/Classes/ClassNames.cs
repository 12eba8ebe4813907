namespace Fovea.Data;

/// <summary>Names of classes: when two are the same, and how they stand in messages.</summary>
public static class ClassNames
{
    private const int Shown = 5;

    /// <summary>Tells apart names that stand more than once, by the numbers of their classes: "crane (134)", "crane (517)".</summary>
    /// <param name="names">Names of classes in the order of the labels.</param>
    /// <returns>The same names, those that stood more than once with their index, from 0, behind them.</returns>
    public static IReadOnlyList<string> Distinct(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] distinct = [.. names];
        while (Repeated(distinct) is { Count: > 0 } repeated)
        {
            for (int i = 0; i < distinct.Length; i++)
            {
                if (repeated.Contains(Key(distinct[i])))
                {
                    distinct[i] = $"{distinct[i]} ({i})";
                }
            }
        }

        return distinct;
    }

    /// <summary>The names that stand more than once.</summary>
    /// <param name="names">Names of classes.</param>
    public static IReadOnlyList<string> Duplicates(IReadOnlyList<string> names) =>
        [.. names.GroupBy(Key).Where(group => group.Count() > 1).Select(group => group.First())];

    /// <summary>A form of a name that is the same for all ways of writing it in Unicode (é as one character or as two).</summary>
    /// <param name="name">The name.</param>
    internal static string Key(string name) => CanonicalForm.Of(name);

    /// <summary>Some names for a message, with commas between; the first few where there are many.</summary>
    /// <param name="names">The names.</param>
    internal static string List(IReadOnlyList<string> names) => names.Count <= Shown
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(Shown))}, … ({names.Count} in all)";

    private static HashSet<string> Repeated(string[] names) =>
        [.. names.GroupBy(Key).Where(group => group.Count() > 1).Select(group => group.Key)];
}
