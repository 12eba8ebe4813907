using System.Globalization;
using System.Text;

namespace Fovea.Data;

/// <summary>
/// Canonical decomposition of text (Unicode's NFD) for names from different systems, by a table of our own: without a library for the
/// world's languages, which a small native program does not bring, <see cref="string.Normalize()"/> leaves text as it is.
/// </summary>
/// <remarks>Marks are not put in order, which they are in text that any system wrote.</remarks>
internal static class CanonicalForm
{
    private const string Resource = "Fovea.Data.Datasets.Classes.canonical-decompositions.txt";
    private const char FirstHangul = '\uAC00';
    private const int HangulCount = 11172;
    private const int HangulVowels = 21;
    private const int HangulTails = 28;
    private static readonly Lazy<Dictionary<char, string>> _pairs = new(Load);

    /// <summary>Decomposes a name.</summary>
    /// <param name="name">Any text.</param>
    public static string Of(string name)
    {
        if (Ascii.IsValid(name))
        {
            return name;
        }

        StringBuilder decomposed = new();
        foreach (char character in name)
        {
            Append(decomposed, character);
        }

        return decomposed.ToString();
    }

    private static void Append(StringBuilder text, char character)
    {
        int hangul = character - FirstHangul;
        if (hangul is >= 0 and < HangulCount)
        {
            text.Append((char)('\u1100' + (hangul / (HangulVowels * HangulTails))));
            text.Append((char)('\u1161' + (hangul / HangulTails % HangulVowels)));
            if (hangul % HangulTails > 0)
            {
                text.Append((char)('\u11A7' + (hangul % HangulTails)));
            }
        }
        else if (_pairs.Value.TryGetValue(character, out string? parts))
        {
            Append(text, parts[0]);
            text.Append(parts[1..]);
        }
        else
        {
            text.Append(character);
        }
    }

    private static Dictionary<char, string> Load()
    {
        using StreamReader reader = new(typeof(CanonicalForm).Assembly.GetManifestResourceStream(Resource)!);
        Dictionary<char, string> pairs = [];
        while (reader.ReadLine() is string line)
        {
            if (!line.StartsWith('#'))
            {
                char[] codes = Array.ConvertAll(
                    line.Split(' '), code => (char)ushort.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                pairs.Add(codes[0], new string(codes, 1, codes.Length - 1));
            }
        }

        return pairs;
    }
}
