namespace Fovea.Compare;

/// <summary>Comparison that the command line asks for.</summary>
/// <param name="Models">The models.</param>
/// <param name="Batches">Images in a run.</param>
/// <param name="Threads">Numbers of threads.</param>
/// <param name="Match">How the sides take turns.</param>
/// <param name="HasTimes">True to measure times.</param>
/// <param name="HasMemory">True to measure the memory of steps of training.</param>
internal sealed record Settings(
    IReadOnlyList<MeasuredModel> Models,
    IReadOnlyList<int> Batches,
    IReadOnlyList<int> Threads,
    Match Match,
    bool HasTimes = true,
    bool HasMemory = true)
{
    /// <summary>Each batch with each number of threads.</summary>
    public IEnumerable<(int Batch, int Threads)> Cases => Batches.SelectMany(_ => Threads, (batch, threads) => (batch, threads));
}
