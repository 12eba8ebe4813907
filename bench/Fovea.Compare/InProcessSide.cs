using System.Diagnostics;

namespace Fovea.Compare;

/// <summary>Work in this process, timed run by run.</summary>
/// <param name="work">What is timed.</param>
internal sealed class InProcessSide(Action work) : ISide
{
    /// <inheritdoc/>
    public double[] Run(int runs, double milliseconds)
    {
        List<double> times = [];
        for (long begin = Stopwatch.GetTimestamp(); times.Count < runs || Stopwatch.GetElapsedTime(begin).TotalMilliseconds < milliseconds;)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return [.. times];
    }
}
