using System.Text;

namespace Fovea.Cli.Terminal;

/// <summary>Texts from files as a terminal may show them.</summary>
internal static class Printable
{
    /// <summary>
    /// Replaces control characters, and those that turn the direction of writing, by their numbers (<c>\u001B</c>), so that a name from a
    /// file cannot command the terminal or pretend to be another.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="lines">True to leave line feeds as they are.</param>
    public static string Of(string text, bool lines = false)
    {
        if (!text.Any(IsUnsafe))
        {
            return text;
        }

        StringBuilder shown = new();
        foreach (char letter in text)
        {
            shown.Append(IsUnsafe(letter) && !(lines && letter == '\n') ? $"\\u{(int)letter:X4}" : letter.ToString());
        }

        return shown.ToString();
    }

    private static bool IsUnsafe(char letter) =>
        char.IsControl(letter) || letter is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
