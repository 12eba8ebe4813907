using Fovea.Cli.Terminal;

namespace Fovea.Compare;

/// <summary>The lines as a table in a terminal.</summary>
internal static class TextTable
{
    /// <summary>Writes the table, and below it for each number of threads the geometric mean and the smallest of the ratios.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="output">Where to.</param>
    public static void Write(IReadOnlyList<Line> lines, TextWriter output)
    {
        Table table = new("model", "batch", "threads", "ratio", "ours ms", "theirs ms", "ours images/s", "theirs", "ours of peak", "theirs", "difference");
        foreach (Line line in lines)
        {
            table.Add(
                line.Model,
                Numbers.Whole(line.Batch),
                Numbers.Whole(line.Threads),
                Numbers.Fixed(line.Ratio, 2),
                Numbers.Fixed(line.Ours, 2),
                Numbers.Fixed(line.Theirs, 2),
                Numbers.Fixed(line.ImagesPerSecond(line.Ours), 1),
                Numbers.Fixed(line.ImagesPerSecond(line.Theirs), 1),
                Numbers.Percent(line.OurPeakFraction),
                Numbers.Percent(line.TheirPeakFraction),
                line.Difference is double difference ? difference.ToString("0.0e+0") : "–");
        }

        table.Write(output, TerminalStyle.OfOutput());
        foreach (IGrouping<int, Line> group in lines.GroupBy(line => line.Threads).OrderBy(group => group.Key))
        {
            Line least = group.MinBy(line => line.Ratio)!;
            output.WriteLine(
                $"{group.Key} {(group.Key == 1 ? "thread" : "threads")}: geometric mean {Numbers.Fixed(Statistics.GeometricMean(group.Select(line => line.Ratio)), 3)}, "
                + $"smallest {Numbers.Fixed(least.Ratio, 2)} ({least.Model}, batch {least.Batch}); peak {Numbers.Fixed(group.First().Peak, 1)} GFLOP/s");
        }
    }
}
