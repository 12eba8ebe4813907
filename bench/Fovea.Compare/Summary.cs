namespace Fovea.Compare;

/// <summary>All lines of one number of threads in a few figures.</summary>
/// <param name="Threads">Threads of each side.</param>
/// <param name="GeometricMean">The geometric mean of the ratios; null where no line has one.</param>
/// <param name="Smallest">The line whose ratio is the smallest.</param>
/// <param name="OurPeakFraction">The geometric mean of the shares of the peak that Fovea reaches.</param>
/// <param name="TheirPeakFraction">The same of the peer.</param>
internal sealed record Summary(int Threads, double? GeometricMean, Line? Smallest, double OurPeakFraction, double? TheirPeakFraction)
{
    /// <summary>Sums lines up, for each number of threads by itself.</summary>
    /// <param name="lines">The lines.</param>
    public static IReadOnlyList<Summary> Of(IEnumerable<Line> lines) =>
    [
        .. lines.GroupBy(line => line.Threads).OrderBy(group => group.Key).Select(group =>
        {
            Line[] compared = [.. group.Where(line => line.Ratio is not null)];
            return new Summary(
                group.Key,
                compared.Length == 0 ? null : Statistics.GeometricMean(compared.Select(line => line.Ratio!.Value)),
                compared.MinBy(line => line.Ratio),
                Statistics.GeometricMean(group.Select(line => line.PeakFraction(line.Ours))),
                compared.Length == 0 ? null : Statistics.GeometricMean(compared.Select(line => line.PeakFraction(line.Theirs!.Value))));
        }),
    ];
}
