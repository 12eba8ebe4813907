namespace Fovea.Compare;

/// <summary>One line of a table: what a model took on both sides.</summary>
/// <param name="Model">The model, with its size where it is not the model's own.</param>
/// <param name="Batch">Pictures in a run.</param>
/// <param name="Threads">Threads of each side.</param>
/// <param name="Ours">Fovea's median time in milliseconds.</param>
/// <param name="Theirs">The peer's.</param>
/// <param name="Ratio">Theirs by ours, in the middle of all rounds: above 1 Fovea is faster.</param>
/// <param name="Rounds">How many turns each side had.</param>
/// <param name="Operations">Useful operations of a run in billions; a multiply-add counts as two, a training step as three forward passes.</param>
/// <param name="Peak">The most that the threads can do, in GFLOP/s, measured in the same run.</param>
/// <param name="Difference">The largest difference of the results as a share of the largest one; null where they are not compared.</param>
internal sealed record Line(
    string Model, int Batch, int Threads, double Ours, double Theirs, double Ratio, int Rounds, double Operations, double Peak, double? Difference)
{
    /// <summary>The share of the peak that Fovea reaches.</summary>
    public double OurPeakFraction => Fraction(Ours);

    /// <summary>The share of the peak that the peer reaches.</summary>
    public double TheirPeakFraction => Fraction(Theirs);

    /// <summary>Pictures in a second at a time for the batch.</summary>
    /// <param name="milliseconds">The time.</param>
    public double ImagesPerSecond(double milliseconds) => 1000 * Batch / milliseconds;

    private double Fraction(double milliseconds) => 1000 * Operations / milliseconds / Peak;
}
