using System.Globalization;

namespace Fovea.Data;

/// <summary>
/// A set's list of classes, in the order of their indices: a line for each, with its name and possibly its colour, as three numbers from 0
/// to 255 or as <c>#rrggbb</c>, in front or behind, apart from the name by spaces, tabs or commas.
/// </summary>
/// <param name="Name">Name of the file.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="Colors">Their colours; empty where not every class has one.</param>
internal sealed record ClassFile(string Name, IReadOnlyList<string> Classes, IReadOnlyList<Rgb> Colors)
{
    private static readonly string[] _names = ["classes.txt", "class_names.txt", "labels.txt", "label_colors.txt"];

    /// <summary>Reads the list of a container, the outermost one; null where there is none.</summary>
    /// <param name="container">The folder or archive.</param>
    /// <exception cref="InvalidDatasetException">It names no class, one twice, or too many.</exception>
    public static ClassFile? Read(IContainer container)
    {
        ContainerFile? file = container.Texts
            .Where(text => _names.Contains(text.Path[^1].ToLowerInvariant()))
            .OrderBy(text => text.Path.Length)
            .ThenBy(text => Array.IndexOf(_names, text.Path[^1].ToLowerInvariant()))
            .ThenBy(text => text.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        if (file is null)
        {
            return null;
        }

        (string Name, Rgb? Color)[] lines = [.. AnnotationText.Lines(AnnotationText.Read(container, file)).Select(Parse)];
        string[] classes = [.. lines.Select(line => line.Name)];
        string place = $"{container.Location}: {file.Name}";
        if (classes.Length is 0 or > LabelTable.MaxClasses)
        {
            throw new InvalidDatasetException(
                place,
                $"it has {classes.Length} lines. Give one for each class, in the order of the labels; at most {LabelTable.MaxClasses}.");
        }

        if (ClassNames.Duplicates(classes) is { Count: > 0 } repeated)
        {
            throw new InvalidDatasetException(
                place, $"it has {ClassNames.List(repeated)} more than once. Give each class a name of its own.");
        }

        Rgb[] colors = [.. lines.Select(line => line.Color).OfType<Rgb>()];
        return new ClassFile(file.Name, classes, colors.Length == classes.Length ? colors : []);
    }

    private static (string Name, Rgb? Color) Parse(string line)
    {
        string[] words = line.Split([' ', '\t', ',', ';'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 3 && Numbers(words[^3..]) is Rgb behind)
        {
            return (string.Join(' ', words[..^3]), behind);
        }

        if (words.Length > 3 && Numbers(words[..3]) is Rgb front)
        {
            return (string.Join(' ', words[3..]), front);
        }

        return words.Length > 1 && Hexadecimal(words[^1]) is Rgb color
            ? (string.Join(' ', words[..^1]), color)
            : (line, null);
    }

    private static Rgb? Numbers(string[] words) =>
        Number(words[0]) is byte red && Number(words[1]) is byte green && Number(words[2]) is byte blue ? new Rgb(red, green, blue) : null;

    private static byte? Number(string word) =>
        byte.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out byte number) ? number : null;

    private static Rgb? Hexadecimal(string word) =>
        word.Length == 7 && word[0] == '#'
        && int.TryParse(word.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int number)
            ? new Rgb((byte)(number >> 16), (byte)(number >> 8), (byte)number)
            : null;
}
