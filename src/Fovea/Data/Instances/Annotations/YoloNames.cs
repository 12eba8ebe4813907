using System.Globalization;

namespace Fovea.Data;

/// <summary>
/// Names of the classes of a YOLO set: the member <c>names</c> of a YAML file, as a list or with numbers, else <c>classes.txt</c>, one a
/// line.
/// </summary>
internal static class YoloNames
{
    /// <summary>The file with a name on each line.</summary>
    public const string ClassesFile = "classes.txt";

    private const string Member = "names:";

    /// <summary>Reads the names; null where there are none.</summary>
    /// <param name="container">The folder or archive.</param>
    public static IReadOnlyList<string>? Read(IContainer container)
    {
        foreach (ContainerFile text in container.Texts.OrderBy(text => text.Path.Length).ThenBy(text => text.Name, StringComparer.Ordinal))
        {
            bool isYaml = Path.GetExtension(text.Name).ToLowerInvariant() is ".yaml" or ".yml";
            IReadOnlyList<string> names = isYaml ? OfYaml(AnnotationText.Read(container, text))
                : text.Path[^1] == ClassesFile ? AnnotationText.Lines(AnnotationText.Read(container, text))
                : [];
            if (names.Count > 0)
            {
                return names;
            }
        }

        return null;
    }

    /// <summary>Names in the member <c>names</c>, in any of the ways in which YAML writes a list or numbered members.</summary>
    /// <param name="yaml">The text.</param>
    public static IReadOnlyList<string> OfYaml(string yaml)
    {
        string[] lines = [.. yaml.Split('\n').Select(WithoutComment)];
        int start = Array.FindIndex(lines, line => line.StartsWith(Member, StringComparison.Ordinal));
        if (start < 0)
        {
            return [];
        }

        string first = lines[start][Member.Length..].Trim();
        IEnumerable<string> below = lines[(start + 1)..]
            .TakeWhile(line => line.Length == 0 || line[0] is ' ' or '\t' or '-' or ']' or '}' or '\r')
            .Select(line => line.Trim());
        return first.StartsWith('[') || first.StartsWith('{')
            ? Numbered(Split(string.Concat(below.Prepend(first)).TrimStart('[', '{').TrimEnd(']', '}')))
            : Numbered(below.Where(line => line.Length > 0).Select(line => line.TrimStart('-').Trim()));
    }

    /// <summary>Names at their numbers where they have some ("3: cat"), else in their order.</summary>
    private static string[] Numbered(IEnumerable<string> items)
    {
        SortedDictionary<int, string> names = [];
        foreach (string item in items)
        {
            int colon = item.IndexOf(':');
            bool hasNumber = int.TryParse(
                item.AsSpan(0, Math.Max(colon, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            names[hasNumber ? number : names.Count] = Unquoted(hasNumber ? item[(colon + 1)..].Trim() : item);
        }

        // A number without a name keeps its place.
        int count = names.Count == 0 ? 0 : Math.Min(names.Keys.Max() + 1, ushort.MaxValue);
        return [.. Enumerable.Range(0, count).Select(
            number => names.GetValueOrDefault(number) ?? number.ToString(CultureInfo.InvariantCulture))];
    }

    private static IEnumerable<string> Split(string list)
    {
        char quote = '\0';
        int start = 0;
        for (int i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || (list[i] == ',' && quote == '\0'))
            {
                if (list[start..i].Trim() is { Length: > 0 } item)
                {
                    yield return item;
                }

                start = i + 1;
            }
            else if (list[i] is '\'' or '"' && (quote == '\0' || quote == list[i]))
            {
                quote = quote == '\0' ? list[i] : '\0';
            }
        }
    }

    private static string Unquoted(string item) =>
        item.Length >= 2 && item[0] == item[^1] && item[0] is '\'' or '"' ? item[1..^1] : item;

    private static string WithoutComment(string line)
    {
        int comment = line.StartsWith('#') ? 0 : line.IndexOf(" #", StringComparison.Ordinal);
        return (comment < 0 ? line : line[..comment]).TrimEnd();
    }
}
