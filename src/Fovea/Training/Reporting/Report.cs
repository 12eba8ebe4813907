using System.Globalization;
using System.Net;
using System.Text;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>
/// The report of a run: one HTML page that needs nothing beside it (no scripts, no fonts, no network), follows the reader's light or dark
/// theme and prints well.
/// </summary>
internal static class Report
{
    /// <summary>Writes the page whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="content">Content of the page.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public static void Write(string path, ReportContent content) => AtomicFile.WriteText(path, Render(content));

    /// <summary>The page as text.</summary>
    /// <param name="content">Content of the page.</param>
    public static string Render(ReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{Escape(content.Title)}}</title>
            <style>
            {{ReportStyle.Css}}
            </style>
            </head>
            <body>
            <main>
            <header><h1>{{Escape(content.Title)}}</h1><p>{{Escape(content.Summary)}}</p></header>

            """);
        AppendHighlights(page, content.Highlights);
        AppendCharts(page, content.Charts);
        AppendTable(page, "Results", content.Results);
        AppendTable(page, "Differences of the recipes", content.Differences);
        if (content.Confusion is { } confusion)
        {
            page.Append("<section class=\"pair\">\n<div><h2>Confusion</h2>\n");
            page.Append(ReportConfusion.Matrix(confusion));
            page.Append("</div>\n<div><h2>Classes</h2>\n");
            page.Append(ReportConfusion.Classes(confusion, content.Counted));
            page.Append("</div>\n</section>\n");
        }

        AppendMistakes(page, content.Mistakes);
        AppendImages(page, content.Images);
        AppendTable(page, "Model", content.Model);
        if (content.Configuration.Count > 0)
        {
            IEnumerable<IReadOnlyList<string>> rows = content.Configuration
                .Select(entry => (IReadOnlyList<string>)[entry.Label, entry.Value]);
            page.Append("<section>\n<h2>Configuration</h2>\n")
                .Append(Table(new ReportTable(["option", "value"], [.. rows])))
                .Append("</section>\n");
        }

        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    /// <summary>Text made safe to stand in the page.</summary>
    internal static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A table in the page.</summary>
    internal static string Table(ReportTable table)
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

    private static void AppendHighlights(StringBuilder page, IReadOnlyList<ReportEntry> highlights)
    {
        if (highlights.Count > 0)
        {
            page.Append("<section class=\"highlights\">\n");
            foreach (ReportEntry entry in highlights)
            {
                page.Append($"<div class=\"card\"><b>{Escape(entry.Value)}</b><span>{Escape(entry.Label)}</span></div>\n");
            }

            page.Append("</section>\n");
        }
    }

    private static void AppendCharts(StringBuilder page, IReadOnlyList<ReportChart> charts)
    {
        if (charts.Count > 0)
        {
            page.Append("<section class=\"charts\">\n");
            foreach (ReportChart chart in charts)
            {
                page.Append($"<figure class=\"card\"><h2>{Escape(chart.Title)}</h2>\n{ReportCharts.Svg(chart)}</figure>\n");
            }

            page.Append("</section>\n");
        }
    }

    private static void AppendTable(StringBuilder page, string heading, ReportTable? table)
    {
        if (table is not null)
        {
            page.Append($"<section>\n<h2>{heading}</h2>\n").Append(Table(table)).Append("</section>\n");
        }
    }

    private static void AppendImages(StringBuilder page, IReadOnlyList<ReportImage> images)
    {
        if (images.Count > 0)
        {
            page.Append("<section>\n<h2>Worst images</h2>\n<div class=\"images\">\n");
            foreach (ReportImage image in images)
            {
                string caption = Escape(image.Caption);
                page.Append($"<figure class=\"card\"><img alt=\"{caption}\" src=\"data:image/png;base64,");
                page.Append(Convert.ToBase64String(image.Png.Span)).Append($"\"><figcaption>{caption}</figcaption></figure>\n");
            }

            page.Append("</div>\n</section>\n");
        }
    }

    private static void AppendMistakes(StringBuilder page, IReadOnlyList<ReportMistake> mistakes)
    {
        if (mistakes.Count > 0)
        {
            page.Append("<section>\n<h2>Worst mistakes</h2>\n")
                .Append("<p class=\"note\">Wrong answers given with most confidence.</p>\n<div class=\"mistakes\">\n");
            foreach (ReportMistake mistake in mistakes)
            {
                page.Append($"<figure class=\"card\"><img alt=\"{Escape(mistake.TrueClass)}\" src=\"data:image/png;base64,");
                page.Append(Convert.ToBase64String(mistake.Png.Span));
                page.Append(CultureInfo.InvariantCulture, $"\"><figcaption><b>{Escape(mistake.TrueClass)}</b>");
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<span>taken for {Escape(mistake.PredictedClass)}, {mistake.Confidence * 100:F1} %</span></figcaption></figure>\n");
            }

            page.Append("</div>\n</section>\n");
        }
    }
}
