using System.Globalization;
using System.Net;
using System.Text;

namespace Fovea.Reporting;

/// <summary>A table; columns that hold only numbers stand on the right.</summary>
/// <param name="Columns">The headings.</param>
/// <param name="Rows">The rows, each as long as the headings.</param>
internal sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>Parts of pages as HTML.</summary>
internal static class ReportHtml
{
    /// <summary>End of a page.</summary>
    public const string End = "</main>\n</body>\n</html>\n";

    /// <summary>Beginning of a page: style, headline, a sentence below.</summary>
    /// <param name="title">The headline.</param>
    /// <param name="summary">The sentence; may be empty.</param>
    /// <param name="css">Rules beside those of <see cref="ReportStyle"/>.</param>
    public static string Begin(string title, string summary, string css = "") => $$"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{Escape(title)}}</title>
        <style>
        {{ReportStyle.Css}}{{css}}
        </style>
        </head>
        <body>
        <main>
        <header><h1>{{Escape(title)}}</h1><p>{{Escape(summary)}}</p></header>

        """;

    /// <summary>Text made safe to stand in the page.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A table in the page.</summary>
    public static string Table(ReportTable table)
    {
        bool[] number = [.. table.Columns.Select((_, column) => table.Rows.Count > 0 && table.Rows.All(row => IsNumber(row[column])))];
        StringBuilder html = new("<div class=\"scroll\"><table>\n<thead><tr>");
        html.AppendJoin("", table.Columns.Select((heading, column) => Cell("th", heading, number[column])))
            .Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            html.Append("<tr>").AppendJoin("", row.Select((cell, column) => Cell("td", cell, number[column]))).Append("</tr>\n");
        }

        return html.Append("</tbody>\n</table></div>\n").ToString();
    }

    private static string Cell(string tag, string text, bool number) =>
        $"<{tag}{(number ? " class=\"number\"" : "")}>{Escape(text)}</{tag}>";

    // A number may carry a unit (12.3 MiB, 98 %) or be missing (–).
    private static bool IsNumber(string text) => text == "–" || (text.Length > 0 && double.TryParse(
        text.Split(' ')[0].TrimEnd('%'), NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _));
}
