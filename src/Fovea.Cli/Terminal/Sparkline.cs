using System.Globalization;

namespace Fovea.Cli.Terminal;

/// <summary>Curves drawn with characters.</summary>
internal static class Sparkline
{
    private const string UnicodeLevels = "▁▂▃▄▅▆▇█";
    private const string PlainLevels = "_.-=+*#%";

    /// <summary>A curve in one line: each character is the mean of an equal share of the values.</summary>
    /// <param name="values">The values; those that are not finite are left out.</param>
    /// <param name="width">The most characters.</param>
    /// <param name="style">What can be shown.</param>
    public static string Line(IReadOnlyList<double> values, int width, TerminalStyle style)
    {
        double[] means = Means(values, width);
        if (means.Length == 0)
        {
            return "";
        }

        string levels = style.Unicode ? UnicodeLevels : PlainLevels;
        double low = means.Min();
        double range = means.Max() - low;
        return string.Concat(means.Select(mean => levels[range > 0 ? (int)Math.Round((mean - low) / range * (levels.Length - 1)) : 0]));
    }

    /// <summary>A curve over some lines, with its highest and lowest value at the left and a name on top.</summary>
    /// <param name="name">What is drawn.</param>
    /// <param name="values">The values; those that are not finite are left out.</param>
    /// <param name="width">The most characters across, labels included.</param>
    /// <param name="height">The lines of the curve.</param>
    /// <param name="style">What can be shown.</param>
    public static IReadOnlyList<string> Plot(string name, IReadOnlyList<double> values, int width, int height, TerminalStyle style)
    {
        string[] ends = [.. new[] { values.Where(double.IsFinite).DefaultIfEmpty(0).Max(), values.Where(double.IsFinite).DefaultIfEmpty(0).Min() }
            .Select(value => value.ToString("G4", CultureInfo.InvariantCulture))];
        int margin = ends.Max(end => end.Length);
        double[] means = Means(values, width - margin - 2);
        if (means.Length == 0)
        {
            return [];
        }

        string levels = style.Unicode ? " " + UnicodeLevels : " .:#";
        double low = means.Min();
        double range = means.Max() - low;
        var lines = new List<string> { name };
        for (int row = height - 1; row >= 0; row--)
        {
            // Each character cell is cut into as many levels as there are signs; the lowest value still shows one.
            string label = row == height - 1 ? ends[0] : row == 0 ? ends[1] : "";
            string curve = string.Concat(means.Select(mean =>
            {
                double filled = 1 + (range > 0 ? (mean - low) / range * ((height * (levels.Length - 1)) - 1) : 0);
                return levels[(int)Math.Clamp(Math.Round(filled) - (row * (levels.Length - 1)), 0, levels.Length - 1)];
            }));
            lines.Add($"{label.PadLeft(margin)} {(style.Unicode ? '┤' : '|')}{curve}".TrimEnd());
        }

        return lines;
    }

    private static double[] Means(IReadOnlyList<double> values, int width)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        int columns = Math.Min(Math.Max(width, 1), finite.Length);
        return [.. Enumerable.Range(0, columns).Select(column =>
        {
            int first = (int)((long)column * finite.Length / columns);
            int last = (int)((long)(column + 1) * finite.Length / columns);
            return finite[first..last].Average();
        })];
    }
}
