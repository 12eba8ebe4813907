using System.Text.RegularExpressions;

namespace Fovea.Tests.Formats;

/// <summary>Faults put into JSON text, the same ones in every run.</summary>
internal static partial class JsonMutations
{
    private static readonly string _deep = new('[', 300);

    private static readonly string[] _hostile =
    [
        "null", "true", "-1", "0", "1", "33", "1.5", "1e999", "-1e999", "2147483647", "-2147483648", "9223372036854775807",
        "99999999999999999999", "[]", "{}", "[null]", "[[1]]", "{\"a\":1}", "\"\"", "\"x\"", "\"NaN\"", "\"Infinity\"", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\udc00x\"", "\\ud800", "'", "/**/", "-", ",", ":", "[", "]", "{", "}", "\uFFFF", "\uFEFF", _deep,
    ];

    private static readonly string[] _members =
        ["\"\\ud800\":1,", "null:1,", "\"x\":{},", "\"\":[],", "\"height\":null,", "\"step\":1,", "\"a\":1,\"a\":2,", "\"training\":{},"];

    /// <summary>Broken forms of a text.</summary>
    /// <param name="json">Text that can be read.</param>
    /// <param name="count">How many.</param>
    public static IEnumerable<string> Of(string json, int count)
    {
        Random random = new(12);
        for (int i = 0; i < count; i++)
        {
            string text = json;
            for (int faults = random.Next(1, 4); faults > 0; faults--)
            {
                text = Break(text, random);
            }

            yield return text;
        }
    }

    private static string Break(string text, Random random)
    {
        MatchCollection tokens = Token().Matches(text);
        if (tokens.Count == 0)
        {
            return text;
        }

        Match token = tokens[random.Next(tokens.Count)];
        int end = token.Index + token.Length;
        switch (random.Next(8))
        {
            case 0:
                // Another token of the same text, such as a name that stands twice.
                return text[..token.Index] + tokens[random.Next(tokens.Count)].Value + text[end..];
            case 1:
                return text[..token.Index] + text[end..];
            case 2:
                return text[..token.Index];
            case 3:
                int brace = text.IndexOf('{', random.Next(text.Length));
                return brace < 0 ? text : text.Insert(brace + 1, _members[random.Next(_members.Length)]);
            default:
                return text[..token.Index] + _hostile[random.Next(_hostile.Length)] + text[end..];
        }
    }

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null|[\[\]{},:]
        """)]
    private static partial Regex Token();
}
