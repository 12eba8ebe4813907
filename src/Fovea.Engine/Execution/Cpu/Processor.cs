using System.Diagnostics;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>Measures the peak arithmetic and memory throughput of the processor (the roofline).</summary>
internal static class Processor
{
    private const int CopiedBytes = 32 << 20;

    /// <summary>
    /// The most multiply-adds that threads reach together, in GFLOP/s (a multiply-add counts as two), measured now on all of them at once:
    /// a processor may be slower when more of its cores are busy.
    /// </summary>
    /// <param name="threads">The number of threads.</param>
    /// <param name="seconds">The time to measure for.</param>
    public static double MeasurePeak(int threads, double seconds = 0.2) => Together(threads, () => PeakMeasurement.Measure(seconds));

    /// <summary>The bytes that threads together read and write in a second, in GB/s, when they copy memory that no cache holds.</summary>
    /// <param name="threads">The number of threads.</param>
    /// <param name="seconds">The time to measure for.</param>
    public static double MeasureBandwidth(int threads, double seconds = 0.2) => Together(threads, () => Copy(seconds));

    private static double Together(int threads, Func<double> measure)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        double[] results = new double[threads];
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => results[i] = measure()))];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        return results.Sum();
    }

    private static double Copy(double seconds)
    {
        using AlignedMemory source = new(CopiedBytes);
        using AlignedMemory target = new(CopiedBytes);
        int floats = CopiedBytes / sizeof(float);
        source.Floats(0, floats).CopyTo(target.Floats(0, floats));
        double best = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        do
        {
            long before = Stopwatch.GetTimestamp();
            source.Floats(0, floats).CopyTo(target.Floats(0, floats));
            best = Math.Min(best, Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
        return 2e-9 * CopiedBytes / best;
    }
}
