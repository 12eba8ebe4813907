namespace Fovea.Compare;

/// <summary>Table of measurements for a terminal.</summary>
internal static class TextTable
{
    /// <summary>Writes the table, and below it the sum for each number of threads.</summary>
    /// <param name="section">What was measured.</param>
    /// <param name="output">Where to.</param>
    public static void Write(Section section, TextWriter output)
    {
        string[] headings =
        [
            "model", "batch", "threads", "ratio", "of bests", "ours ms", "theirs ms", "ours images/s", "theirs images/s", "ours of peak",
            "theirs of peak", "difference",
        ];
        List<string[]> rows = [headings];
        foreach (Line line in section.Lines)
        {
            rows.Add(
            [
                line.Model,
                Numbers.Whole(line.Batch),
                Numbers.Whole(line.Threads),
                Page.Text(line.Ratio, value => Numbers.Fixed(value, 2)),
                Page.Text(line.RatioOfBests, value => Numbers.Fixed(value, 2)),
                Numbers.Fixed(line.Ours, 2),
                Page.Text(line.Theirs, value => Numbers.Fixed(value, 2)),
                Numbers.Fixed(line.ImagesPerSecond(line.Ours), 1),
                Page.Text(line.Theirs, value => Numbers.Fixed(line.ImagesPerSecond(value), 1)),
                Numbers.Percent(line.PeakFraction(line.Ours)),
                Page.Text(line.Theirs, value => Numbers.Percent(line.PeakFraction(value))),
                Page.Text(line.Difference, value => value.ToString("0.0e+0")),
            ]);
        }

        int[] widths = [.. headings.Select((_, column) => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            // Names on the left, numbers on the right.
            output.WriteLine(
                string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))));
        }

        output.WriteLine();
        foreach (Summary summary in Summary.Of(section.Lines))
        {
            string ratios = summary.Smallest is Line smallest
                ? $"geometric mean {Numbers.Fixed(summary.GeometricMean!.Value, 3)}, smallest {Numbers.Fixed(smallest.Ratio!.Value, 2)} "
                    + $"({smallest.Model}, batch {smallest.Batch}); "
                : "";
            output.WriteLine($"{Page.Count(summary.Threads, "thread")}: {ratios}{Numbers.Percent(summary.OurPeakFraction)} of the peak");
        }

        foreach (MemoryUse memory in section.Memory ?? [])
        {
            string theirs = Page.Text(
                memory.Theirs, value => $"{Numbers.Bytes(value)}, ours by theirs {Numbers.Fixed((double)memory.Ours / value, 2)}");
            output.WriteLine($"memory of {Page.Describe(memory)}: ours {Numbers.Bytes(memory.Ours)}, theirs {theirs}");
        }
    }
}
