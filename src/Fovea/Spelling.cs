namespace Fovea;

/// <summary>Likeness of words, to name what was meant by one that is not known.</summary>
internal static class Spelling
{
    /// <summary>Known word that is spelt most like a given one; null where none is alike.</summary>
    /// <param name="word">The word that is not known.</param>
    /// <param name="known">Words that are.</param>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        string? nearest = known.MinBy(other => Edits(word, other));
        return nearest is not null && Edits(word, nearest) <= Math.Max(2, word.Length / 3) ? nearest : null;
    }

    /// <summary>
    /// Number of letters that must be put in, left out or changed to make one word of the other (Levenshtein's distance); case does not
    /// matter.
    /// </summary>
    public static int Edits(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 0; i < from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < to.Length; j++)
            {
                int change = diagonal + (char.ToLowerInvariant(from[i]) == char.ToLowerInvariant(to[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(change, Math.Min(row[j], row[j + 1]) + 1);
            }
        }

        return row[^1];
    }
}
