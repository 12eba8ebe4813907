using System.CommandLine;
using System.CommandLine.Parsing;

namespace Fovea.Cli;

/// <summary>Mistakes on the command line in words, with the verb or option that is spelt most like what was written.</summary>
internal static class Suggestions
{
    /// <summary>Words what is wrong with a command line.</summary>
    /// <param name="parsed">The parsed command line, which has errors.</param>
    /// <param name="verbs">Names of all verbs.</param>
    public static string Explain(ParseResult parsed, IReadOnlyList<string> verbs)
    {
        bool noVerb = parsed.CommandResult.Command == parsed.RootCommandResult.Command;
        string? unknown = parsed.UnmatchedTokens.FirstOrDefault(word => noVerb || word.StartsWith('-'))
            ?? parsed.CommandResult.Tokens.FirstOrDefault(token => IsOption(token.Value))?.Value;
        if (unknown is null)
        {
            return string.Join(" ", parsed.Errors.Select(mistake => mistake.Message).Distinct());
        }

        string[] known = noVerb && !unknown.StartsWith('-')
            ? [.. verbs]
            : [.. Options(parsed.CommandResult).Where(option => !option.Hidden).SelectMany(option => option.Aliases.Prepend(option.Name))];
        string word = unknown.Split('=')[0];
        string? nearest = Nearest(word, known.Where(name => name.StartsWith('-') == word.StartsWith('-')));
        string kind = word.StartsWith('-') ? "option" : "verb";
        return $"There is no {kind} {word}.{(nearest is null ? "" : $" Is {nearest} meant?")}";
    }

    /// <summary>True if a word looks like an option.</summary>
    public static bool IsOption(string word) => word.Length > 2 && word.StartsWith("--", StringComparison.Ordinal);

    /// <summary>Name that is spelt most like a word; null where none is alike.</summary>
    /// <param name="word">The word.</param>
    /// <param name="names">The names.</param>
    public static string? Nearest(string word, IEnumerable<string> names)
    {
        string? nearest = names.MinBy(name => Edits(word, name));
        return nearest is not null && Edits(word, nearest) <= Math.Max(2, word.TrimStart('-').Length / 3) ? nearest : null;
    }

    private static IEnumerable<Option> Options(CommandResult verb) =>
        verb.Command.Options.Concat(verb.Parent is CommandResult parent ? parent.Command.Options.Where(option => option.Recursive) : []);

    /// <summary>
    /// Number of letters that must be put in, left out, changed or exchanged with their neighbour to make one word of the other.
    /// </summary>
    private static int Edits(string from, string to)
    {
        int[,] edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }

                int change = edits[i - 1, j - 1] + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                edits[i, j] = Math.Min(change, 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
                }
            }
        }

        return edits[from.Length, to.Length];
    }
}
