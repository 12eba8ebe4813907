namespace Fovea.Models.Keys;

/// <summary>
/// One way to write a part of a name. Both sides are beginnings of names, of whole words between dots; <c>*</c> stands for one word, the same on both
/// sides in the same order. What follows the beginning stays.
/// </summary>
/// <param name="Official">The beginning of an official name, such as <c>pools.0.</c>.</param>
/// <param name="Other">What another code writes for it.</param>
public sealed record KeyRule(string Official, string Other)
{
    /// <summary>The other name of an official one; null where the rule does not concern it.</summary>
    public string? Apply(string name)
    {
        List<string> words = [];
        int position = 0;
        foreach (string piece in Pieces(Official))
        {
            if (piece == "*")
            {
                int end = name.IndexOf('.', position);
                if (end < 0)
                {
                    return null;
                }

                words.Add(name[position..end]);
                position = end;
            }
            else if (name.AsSpan(position).StartsWith(piece))
            {
                position += piece.Length;
            }
            else
            {
                return null;
            }
        }

        int word = 0;
        return string.Concat(Pieces(Other).Select(piece => piece == "*" ? words[word++] : piece)) + name[position..];
    }

    private static IEnumerable<string> Pieces(string pattern)
    {
        string[] parts = pattern.Split('*');
        for (int i = 0; i < parts.Length; i++)
        {
            if (i > 0)
            {
                yield return "*";
            }

            yield return parts[i];
        }
    }
}

/// <summary>The names that one code gives to the tensors of a family, told from the official ones, which are our own.</summary>
/// <param name="Name">What the scheme is called on the command line.</param>
/// <param name="Description">Whose names they are.</param>
/// <param name="Models">How the names of its models begin.</param>
/// <param name="Rules">What is written differently; of several rules that concern a name, the first counts.</param>
public sealed record KeyScheme(string Name, string Description, string Models, IReadOnlyList<KeyRule> Rules)
{
    /// <summary>Beginnings of the official names of tensors that the scheme's files do not hold.</summary>
    public IReadOnlyList<string> Absent { get; init; } = [];

    /// <summary>The scheme's name of a tensor; null where its files do not hold it.</summary>
    /// <param name="official">The official name.</param>
    public string? NameOf(string official)
    {
        if (Absent.Any(beginning => official.StartsWith(beginning, StringComparison.Ordinal)))
        {
            return null;
        }

        foreach (KeyRule rule in Rules)
        {
            if (rule.Apply(official) is string other)
            {
                return other;
            }
        }

        return official;
    }
}
