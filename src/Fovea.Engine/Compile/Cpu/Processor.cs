using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>What the processor can do at best: the roof under which everything that runs on it is judged.</summary>
public static class Processor
{
    /// <summary>
    /// The most multiply-adds that threads reach together, in GFLOP/s (a multiply-add counts as two), measured now on all of them at once:
    /// a processor may be slower when more of its cores are busy.
    /// </summary>
    /// <param name="threads">How many threads.</param>
    /// <param name="seconds">How long to measure.</param>
    public static double MeasurePeak(int threads, double seconds = 0.2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        double[] peaks = new double[threads];
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => peaks[i] = PeakMeasurement.Measure(seconds)))];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        return peaks.Sum();
    }
}
