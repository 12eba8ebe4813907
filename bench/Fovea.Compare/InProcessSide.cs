namespace Fovea.Compare;

/// <summary>Work in this process, timed run by run.</summary>
/// <param name="work">What is timed.</param>
/// <param name="clock">What it is timed by.</param>
internal sealed class InProcessSide(Action work, Clock clock = Clock.Wall) : ISide
{
    /// <inheritdoc/>
    public double[] Run(int runs, double milliseconds)
    {
        List<double> times = [];
        for (double begin = clock.Milliseconds(); times.Count < runs || clock.Milliseconds() - begin < milliseconds;)
        {
            double start = clock.Milliseconds();
            work();
            times.Add(clock.Milliseconds() - start);
        }

        return [.. times];
    }
}
