using System.Globalization;
using System.Text;
using Fovea.Formats;
using Fovea.Reporting;

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
        StringBuilder page = new(ReportHtml.Begin(content.Title, content.Summary));
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
        AppendImages(page, "Worst images", content.Images);
        AppendImages(page, "Explanations", content.Explanations, "images wide");
        AppendTable(page, "Model", content.Model);
        if (content.Configuration.Count > 0)
        {
            IEnumerable<IReadOnlyList<string>> rows = content.Configuration
                .Select(entry => (IReadOnlyList<string>)[entry.Label, entry.Value]);
            page.Append("<section>\n<h2>Configuration</h2>\n")
                .Append(ReportHtml.Table(new ReportTable(["option", "value"], [.. rows])))
                .Append("</section>\n");
        }

        return page.Append(ReportHtml.End).ToString();
    }

    private static void AppendHighlights(StringBuilder page, IReadOnlyList<ReportEntry> highlights)
    {
        if (highlights.Count > 0)
        {
            page.Append("<section class=\"highlights\">\n");
            foreach (ReportEntry entry in highlights)
            {
                page.Append($"<div class=\"card\"><b>{ReportHtml.Escape(entry.Value)}</b>")
                    .Append($"<span>{ReportHtml.Escape(entry.Label)}</span></div>\n");
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
                page.Append($"<figure class=\"card\"><h2>{ReportHtml.Escape(chart.Title)}</h2>\n{ReportCharts.Svg(chart)}</figure>\n");
            }

            page.Append("</section>\n");
        }
    }

    private static void AppendTable(StringBuilder page, string heading, ReportTable? table)
    {
        if (table is not null)
        {
            page.Append($"<section>\n<h2>{heading}</h2>\n").Append(ReportHtml.Table(table)).Append("</section>\n");
        }
    }

    private static void AppendImages(StringBuilder page, string heading, IReadOnlyList<ReportImage> images, string style = "images")
    {
        if (images.Count > 0)
        {
            page.Append($"<section>\n<h2>{heading}</h2>\n<div class=\"{style}\">\n");
            foreach (ReportImage image in images)
            {
                string caption = ReportHtml.Escape(image.Caption);
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
                page.Append($"<figure class=\"card\"><img alt=\"{ReportHtml.Escape(mistake.TrueClass)}\" src=\"data:image/png;base64,");
                page.Append(Convert.ToBase64String(mistake.Png.Span));
                page.Append($"\"><figcaption><b>{ReportHtml.Escape(mistake.TrueClass)}</b>");
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"<span>taken for {ReportHtml.Escape(mistake.PredictedClass)}, {mistake.Confidence * 100:F1} %</span>");
                page.Append("</figcaption></figure>\n");
            }

            page.Append("</div>\n</section>\n");
        }
    }
}
