using System.Text.Json.Serialization;

namespace Fovea.Compare;

/// <summary>One line of a table: what a model took on both sides.</summary>
/// <param name="Model">The model, with its size where it is not the model's own.</param>
/// <param name="Batch">Images in a run.</param>
/// <param name="Threads">Threads of each side.</param>
/// <param name="Ours">Fovea's median time in milliseconds.</param>
/// <param name="Theirs">The peer's; null where it is missing or has no such model.</param>
/// <param name="Ratio">Theirs by ours, in the middle of all rounds: above 1 Fovea is faster.</param>
/// <param name="Rounds">How many turns each side had.</param>
/// <param name="OurBest">Fovea's shortest time in milliseconds.</param>
/// <param name="TheirBest">The peer's.</param>
/// <param name="Operations">
/// Useful operations of a run in billions; a multiply-add counts as two, a training step as three forward passes.
/// </param>
/// <param name="Peak">The most that the threads can do, in GFLOP/s, measured in the same run.</param>
/// <param name="Difference">The largest difference of the results as a share of the largest one; null where they are not compared.</param>
internal sealed record Line(
    string Model,
    int Batch,
    int Threads,
    double Ours,
    double? Theirs,
    double? Ratio,
    int Rounds,
    double OurBest,
    double? TheirBest,
    double Operations,
    double Peak,
    double? Difference = null)
{
    /// <summary>Makes a line of an outcome; figures are rounded to what they can tell.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images in a run.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="outcome">The times.</param>
    /// <param name="multiplyAdds">Useful multiply-adds for one image.</param>
    /// <param name="peak">The peak of the threads in GFLOP/s.</param>
    /// <param name="difference">How far the results differ.</param>
    public static Line Of(
        MeasuredModel model, int batch, int threads, Outcome outcome, long multiplyAdds, double peak, double? difference = null) => new(
        $"{model}",
        batch,
        threads,
        Math.Round(outcome.Ours, 3),
        Round(outcome.Theirs, 3),
        Round(outcome.Ratio, 4),
        outcome.Rounds,
        Math.Round(outcome.OurBest, 3),
        Round(outcome.TheirBest, 3),
        Math.Round(2e-9 * multiplyAdds * batch, 3),
        Math.Round(peak, 1),
        Round(difference, 9));

    /// <summary>The ratio of the shortest times: what to look at where the machine is busy.</summary>
    [JsonIgnore]
    public double? RatioOfBests => TheirBest / OurBest;

    /// <summary>The share of the peak that is reached in a time.</summary>
    /// <param name="milliseconds">The time of a run.</param>
    public double PeakFraction(double milliseconds) => 1000 * Operations / milliseconds / Peak;

    /// <summary>Images in a second at a time for the batch.</summary>
    /// <param name="milliseconds">The time of a run.</param>
    public double ImagesPerSecond(double milliseconds) => 1000 * Batch / milliseconds;

    private static double? Round(double? value, int digits) => value is double number ? Math.Round(number, digits) : null;
}
