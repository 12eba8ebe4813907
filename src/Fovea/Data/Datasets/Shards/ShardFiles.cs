using System.Globalization;
using System.Text.RegularExpressions;

namespace Fovea.Data;

/// <summary>Shards of a data set: tar archives that are read in place, for sets larger than memory.</summary>
/// <param name="Location">Path that was given, for messages.</param>
/// <param name="Paths">Shards in order.</param>
internal sealed partial record ShardFiles(string Location, IReadOnlyList<string> Paths)
{
    private const string ClassesName = "classes.txt";

    /// <summary>
    /// Finds the shards that a path stands for: a folder of them, a single one, or a pattern such as <c>train-{000..146}.tar</c>.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <returns>Null where the path stands for something else.</returns>
    /// <exception cref="InvalidDatasetException">A shard of a pattern is missing.</exception>
    public static ShardFiles? Find(string path)
    {
        if (RangePattern().Match(path) is { Success: true } pattern && !File.Exists(path))
        {
            return new ShardFiles(path, Expand(path, pattern));
        }

        if (Directory.Exists(path))
        {
            string[] archives =
            [
                .. Directory.EnumerateFiles(path, "*.tar")
                    .Where(file => !ContainerListing.IsHidden(Path.GetFileName(file)))
                    .Order(StringComparer.Ordinal),
            ];
            return archives.Length > 0 && ShardIndex.IsShard(archives[0]) ? new ShardFiles(path, archives) : null;
        }

        return File.Exists(path) && ShardIndex.IsShard(path) ? new ShardFiles(path, [path]) : null;
    }

    /// <summary>
    /// Opens the parts, which the names of the shards tell: <c>train-000.tar</c>, <c>val-000.tar</c>, <c>test-000.tar</c>; others are for
    /// training.
    /// </summary>
    /// <exception cref="InvalidDatasetException">A shard cannot be used, or there is only one class.</exception>
    public DatasetParts Open()
    {
        ILookup<Part, string> parts =
            Paths.ToLookup(path => PartNames.Of(Path.GetFileNameWithoutExtension(path)) ?? Part.Training, path => path);
        List<ShardedDataset> opened = [];
        try
        {
            // A set of one part, such as the test shards alone, is whatever the caller makes of it.
            string[] first = parts.Contains(Part.Training) ? [.. parts[Part.Training]] : [.. Paths];
            ShardedDataset training = Keep(ShardedDataset.Open(Location, first, ClassNamesOf(first[0])));
            return new DatasetParts(training, Other(Part.Validation), Other(Part.Test), [], opened);

            ShardedDataset? Other(Part part) => parts.Contains(Part.Training) && parts.Contains(part)
                ? Keep(ShardedDataset.Open(Location, [.. parts[part]], training.Classes))
                : null;
        }
        catch
        {
            opened.ForEach(set => set.Dispose());
            throw;
        }

        ShardedDataset Keep(ShardedDataset set)
        {
            opened.Add(set);
            return set;
        }
    }

    [GeneratedRegex(@"\{(\d+)\.\.(\d+)\}")]
    private static partial Regex RangePattern();

    private static string[] Expand(string path, Match pattern)
    {
        (string from, string to) = (pattern.Groups[1].Value, pattern.Groups[2].Value);
        if (!int.TryParse(from, CultureInfo.InvariantCulture, out int first)
            || !int.TryParse(to, CultureInfo.InvariantCulture, out int last)
            || last < first)
        {
            throw new InvalidDatasetException(path, $"'{pattern.Value}' is not a range of numbers such as {{000..146}}.");
        }

        string[] paths =
        [
            .. Enumerable.Range(first, last - first + 1).Select(number =>
                path[..pattern.Index]
                + number.ToString(CultureInfo.InvariantCulture).PadLeft(from.Length, '0')
                + path[(pattern.Index + pattern.Length)..]),
        ];
        return Array.Find(paths, one => !File.Exists(one)) is string missing
            ? throw new InvalidDatasetException(missing, $"this shard of {path} is missing.")
            : paths;
    }

    /// <summary>
    /// Names of the classes in the order of their numbers, one in each line of a file beside the shards; null without that file.
    /// </summary>
    private static string[]? ClassNamesOf(string shard)
    {
        string file = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(shard))!, ClassesName);
        return File.Exists(file)
            ? [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)]
            : null;
    }
}
