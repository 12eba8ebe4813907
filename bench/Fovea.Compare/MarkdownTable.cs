namespace Fovea.Compare;

/// <summary>Tables in Markdown: the first column on the left, figures on the right.</summary>
internal static class MarkdownTable
{
    /// <summary>Writes a table.</summary>
    /// <param name="headings">The headings of the columns.</param>
    /// <param name="rows">As many cells each.</param>
    public static string Render(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        IEnumerable<string> rule = headings.Select((_, column) => column == 0 ? "---" : "---:");
        return string.Concat(rows.Prepend([.. rule]).Prepend(headings).Select(cells => $"| {string.Join(" | ", cells)} |\n"));
    }
}
