using System.Globalization;

namespace Fovea.Data;

/// <summary>Names of an IDX set's classes and the label of each, from the files beside it.</summary>
/// <param name="Names">The classes.</param>
/// <param name="Labels">The label in the file of each class, where those are not 0, 1, 2 and so on; otherwise null.</param>
internal sealed record IdxClasses(IReadOnlyList<string> Names, IReadOnlyList<int>? Labels = null)
{
    /// <summary>Finds the names of classes.</summary>
    /// <param name="folder">The folder of the files.</param>
    /// <param name="labels">The labels.</param>
    /// <exception cref="InvalidDatasetException">A list names fewer classes than there are.</exception>
    public static IdxClasses Of(string folder, IdxFile labels)
    {
        int needed = labels.Values.Max() + 1;
        string list = Path.Combine(folder, "classes.txt");
        if (File.Exists(list))
        {
            string[] names = [.. File.ReadLines(list).Select(line => line.Trim()).Where(line => line.Length > 0)];
            return needed <= names.Length
                ? new IdxClasses(names)
                : throw new InvalidDatasetException(
                    list, $"it names {names.Length} classes, but {Path.GetFileName(labels.Path)} has the label {needed - 1}.");
        }

        if (Mapping(folder, labels) is IdxClasses mapped)
        {
            return mapped;
        }

        string full = Path.GetFullPath(folder);
        bool fashion = full == FashionMnist.FullFolder
            || Path.GetFileName(Path.TrimEndingDirectorySeparator(full)).Contains("fashion", StringComparison.OrdinalIgnoreCase);
        return new IdxClasses(
            fashion && needed <= FashionMnist.Classes.Count
                ? FashionMnist.Classes
                : [.. Enumerable.Range(0, needed).Select(label => $"{label}")]);
    }

    /// <summary>Reads EMNIST's list of labels and the codes of their characters; null where there is none that covers the labels.</summary>
    private static IdxClasses? Mapping(string folder, IdxFile labels)
    {
        string beginning = Path.GetFileName(labels.Path).Split(["-train-", "-test-"], StringSplitOptions.None)[0];
        string path = Path.Combine(folder, $"{beginning}-mapping.txt");
        if (!File.Exists(path))
        {
            return null;
        }

        List<string> names = [];
        List<int> numbers = [];
        foreach (string line in File.ReadLines(path))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 1
                && byte.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte label)
                && ushort.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort character))
            {
                numbers.Add(label);
                names.Add(((char)character).ToString());
            }
        }

        bool covers = labels.Values.Distinct().All(label => numbers.Contains(label)) && numbers.Distinct().Count() == numbers.Count;
        return covers ? new IdxClasses(names, numbers) : null;
    }
}
