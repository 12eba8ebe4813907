using System.Globalization;
using System.Text;

namespace Fovea.Reporting;

/// <summary>Draws curves as SVG.</summary>
internal static class ReportCharts
{
    private const double Width = 360;
    private const double Height = 220;
    private const double Left = 46;
    private const double Right = 8;
    private const double Top = 10;
    private const double Bottom = 50;
    private const double LegendRow = 16;
    private const int Colors = 8;
    private const string Namespace = "xmlns=\"http://www.w3.org/2000/svg\"";

    private static readonly double[] _tickFactors = [1, 2, 5, 10];

    /// <summary>One chart: grid, axes with round numbers, curves with a tooltip at each point, legend.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="alone">True for a file that stands by itself, false for a part of a page that has the style sheet.</param>
    public static string Svg(ReportChart chart, bool alone = false)
    {
        IReadOnlyList<ReportPoint>[] curves =
        [
            .. chart.Curves.Select(curve =>
                (IReadOnlyList<ReportPoint>)[.. curve.Points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y))]),
        ];
        ReportPoint[] all = [.. curves.SelectMany(points => points)];
        if (all.Length == 0)
        {
            return "<p class=\"note\">Nothing was measured.</p>\n";
        }

        double[] across = RoundTicks(all.Min(point => point.X), all.Max(point => point.X), whole: true);
        double[] up = RoundTicks(all.Min(point => point.Y), all.Max(point => point.Y), whole: false);
        (double X, int Row)[] legend = Legend(chart);
        double height = Height + (LegendRow * legend[^1].Row);
        StringBuilder svg = new();
        svg.Append(alone ? $"<svg {Namespace} " : "<svg ");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"viewBox=\"0 0 {Width + (alone ? Right : 0)} {height}\" role=\"img\" aria-label=\"{ReportHtml.Escape(chart.Title)}\">\n");
        svg.Append(alone ? $"<style>\n{ReportStyle.Css}\nsvg {{ background: var(--card); }}\n</style>\n" : "");
        foreach (double tick in up)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):F1}\" y2=\"{Y(tick):F1}\"/>");
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{Left - 6}\" y=\"{Y(tick) + 4:F1}\" text-anchor=\"end\">{Label(tick, up, chart.Percent)}</text>\n");
        }

        foreach (double tick in across)
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{X(tick):F1}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{Label(tick, across, false)}</text>\n");
        }

        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{Width - Right}\" y=\"{Height - 8}\" text-anchor=\"end\">{ReportHtml.Escape(chart.Across)}</text>\n");
        for (int i = 0; i < curves.Length; i++)
        {
            string line = string.Join(
                ' ', curves[i].Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):F1},{Y(point.Y):F1}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"curve curve{i % Colors}\" points=\"{line}\"/>\n");
            string name = ReportHtml.Escape(chart.Curves[i].Name);
            foreach (ReportPoint point in curves[i].Count <= 60 ? curves[i] : [])
            {
                string value = chart.Percent
                    ? (point.Y * 100).ToString("F2", CultureInfo.InvariantCulture) + " %"
                    : point.Y.ToString("G4", CultureInfo.InvariantCulture);
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<circle class=\"dot{i % Colors}\" cx=\"{X(point.X):F1}\" cy=\"{Y(point.Y):F1}\" r=\"2\">");
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<title>{name}, {ReportHtml.Escape(chart.Across)} {point.X:G6}: {value}</title></circle>\n");
            }

            (double x, double y) = (legend[i].X, Height - 8 + (LegendRow * legend[i].Row));
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot{i % Colors}\" cx=\"{x + 4}\" cy=\"{y - 4}\" r=\"4\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 12}\" y=\"{y}\">{name}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();

        double X(double x) => Left + ((Width - Left - Right) * (x - across[0]) / (across[^1] - across[0]));
        double Y(double y) => Height - Bottom - ((Height - Top - Bottom) * (y - up[0]) / (up[^1] - up[0]));
    }

    /// <summary>Round numbers, evenly spaced by 1, 2 or 5 times a power of ten, that enclose a range; at most eight of them.</summary>
    internal static double[] RoundTicks(double low, double high, bool whole)
    {
        if (high - low <= Math.Abs(high) * 1e-9)
        {
            double room = high == 0 ? 1 : Math.Abs(high) * 0.5;
            (low, high) = whole ? (low - 1, high + 1) : (low - room, high + room);
        }

        double rough = (high - low) / 5;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = _tickFactors.First(factor => factor * power >= rough * 0.999) * power;
        if (whole)
        {
            step = Math.Max(1, step);
        }

        double first = Math.Floor((low / step) + 1e-9);
        double last = Math.Ceiling((high / step) - 1e-9);
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    /// <summary>Places of the legend's entries, in as many rows as their names need; the first leaves room for the axis' name.</summary>
    private static (double X, int Row)[] Legend(ReportChart chart)
    {
        (double X, int Row)[] places = new (double, int)[chart.Curves.Count];
        (double x, int row) = (Left, 0);
        for (int i = 0; i < places.Length; i++)
        {
            double width = 26 + (chart.Curves[i].Name.Length * 6);
            double room = row == 0 ? Width - Right - (chart.Across.Length * 6) : Width;
            if (i > 0 && x + width > room)
            {
                (x, row) = (Left, row + 1);
            }

            places[i] = (x, row);
            x += width;
        }

        return places;
    }

    private static string Label(double tick, double[] ticks, bool percent)
    {
        double scale = percent ? 100 : 1;
        double step = (ticks[1] - ticks[0]) * scale;
        double largest = Math.Max(Math.Abs(ticks[0]), Math.Abs(ticks[^1])) * scale;
        if (largest >= 1e5 || step < 1e-4)
        {
            return (tick * scale).ToString("0.##e0", CultureInfo.InvariantCulture);
        }

        int decimals = Math.Max(0, (int)Math.Ceiling(-Math.Log10(step) - 1e-9));
        return (tick * scale).ToString("F" + decimals, CultureInfo.InvariantCulture) + (percent ? " %" : "");
    }
}
