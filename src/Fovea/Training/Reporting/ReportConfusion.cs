using System.Globalization;
using System.Text;
using Fovea.Reporting;

namespace Fovea.Training;

/// <summary>Draws a confusion matrix and its tables.</summary>
internal static class ReportConfusion
{
    // With more classes than this, names and counts would be too small to read; the tooltips still carry them.
    private const int MaxNamedClasses = 25;
    private const int MaxPairs = 5;

    // Larger counts do not fit their cells, which show shares of the rows then.
    private const long MaxCount = 99_999;

    /// <summary>The matrix as a heat map: each row's shares, the right answers in one colour, the wrong ones in another.</summary>
    public static string Matrix(ConfusionMatrix confusion)
    {
        int count = confusion.Classes.Count;
        bool named = count <= MaxNamedClasses;
        long most = Enumerable.Range(0, count).Max(confusion.Support);
        double cell = named ? 40 : Math.Max(1, 640.0 / count);
        double margin = named ? 10 + (confusion.Classes.Max(name => Math.Min(name.Length, 18)) * 6.5) : 4;
        double size = margin + (cell * count);
        StringBuilder svg = new();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg class=\"confusion{(named ? "" : " dense")}\" viewBox=\"0 0 {size:F0} {size:F0}\" ");
        svg.Append("role=\"img\" aria-label=\"confusion matrix\">\n");
        for (int truth = 0; truth < count; truth++)
        {
            double y = margin + (truth * cell);
            if (named)
            {
                string name = ReportHtml.Escape(Shorten(confusion.Classes[truth]));
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<text x=\"{margin - 6:F1}\" y=\"{y + (cell / 2) + 4:F1}\" text-anchor=\"end\">{name}</text>");
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<text transform=\"translate({y + (cell / 2) + 4:F1} {margin - 6:F1}) rotate(-90)\">{name}</text>\n");
            }

            long support = confusion.Support(truth);
            string Count(long images) => most <= MaxCount
                ? $"{images}"
                : string.Create(CultureInfo.InvariantCulture, $"{100.0 * images / support:F1}");
            for (int predicted = 0; predicted < count; predicted++)
            {
                long images = confusion[truth, predicted];
                if (images == 0 && !named)
                {
                    continue;
                }

                // The square root lets rare mistakes be seen beside frequent right answers.
                double share = support == 0 ? 0 : Math.Sqrt((double)images / support);
                double x = margin + (predicted * cell);
                svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{(truth == predicted ? "right" : "wrong")}\" ");
                svg.Append(CultureInfo.InvariantCulture, $"x=\"{x:F1}\" y=\"{y:F1}\" width=\"{cell:F1}\" height=\"{cell:F1}\" ");
                svg.Append(CultureInfo.InvariantCulture, $"rx=\"{(named ? 3 : 0)}\" fill-opacity=\"{0.05 + (0.75 * share):F3}\">");
                svg.Append(
                    $"<title>{ReportHtml.Escape(confusion.Classes[truth])} taken for {ReportHtml.Escape(confusion.Classes[predicted])}: "
                    + $"{images}</title></rect>");
                if (named && images > 0)
                {
                    svg.Append(
                        CultureInfo.InvariantCulture,
                        $"<text class=\"count\" x=\"{x + (cell / 2):F1}\" y=\"{y + (cell / 2) + 4:F1}\">{Count(images)}</text>");
                }

                svg.Append('\n');
            }
        }

        string unit = most > MaxCount ? " Percent of the row." : "";
        svg.Append($"</svg>\n<p class=\"note\">Rows: true class. Columns: predicted class.{unit}</p>\n");
        return svg.ToString();
    }

    /// <summary>Precision and recall of each class, then the pairs most often confused.</summary>
    /// <param name="confusion">The matrix.</param>
    /// <param name="counted">What it counts, such as images.</param>
    public static string Classes(ConfusionMatrix confusion, string counted)
    {
        ReportTable classes = new(
            ["class", counted, "precision", "recall"],
            [.. confusion.Classes.Select((name, index) => (IReadOnlyList<string>)
                [name, $"{confusion.Support(index)}", Percent(confusion.Precision(index)), Percent(confusion.Recall(index))])]);
        IReadOnlyList<ConfusedPair> pairs = confusion.MostConfused(MaxPairs);
        if (pairs.Count == 0)
        {
            return ReportHtml.Table(classes);
        }

        ReportTable confused = new(
            ["true class", "taken for", "times"],
            [
                .. pairs.Select(pair =>
                    (IReadOnlyList<string>)[confusion.Classes[pair.Truth], confusion.Classes[pair.Predicted], $"{pair.Count}"]),
            ]);
        return ReportHtml.Table(classes) + "<h2 style=\"margin-top: 20px\">Most confused</h2>\n" + ReportHtml.Table(confused);
    }

    private static string Percent(double share) => double.IsNaN(share)
        ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{share * 100:F1} %");

    private static string Shorten(string name) => name.Length <= 18 ? name : name[..17] + "…";
}
