using System.Diagnostics;
using System.Globalization;
using Fovea.Engine.Kernels;

namespace Fovea.Benchmarks;

/// <summary>The share of the machine's peak that each product reaches on one thread, in a few seconds.</summary>
public static class QuickTable
{
    public static void Print()
    {
        double peak = PeakMeasurement.Measure();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak {peak:F1} GFLOP/s (one thread, fused multiply-add)"));
        foreach (MatMulShape shape in MatMulShape.All)
        {
            using MatMulRunner runner = new(shape);
            PrintRow(shape.ToString(), shape.Operations, runner.Run, peak);
        }

        foreach (KernelCase? kernel in KernelCases.All().Concat(DepthwiseBenchmarks.Cases()).Concat(AttentionBenchmarks.Cases()))
        {
            PrintRow(kernel.Name, kernel.Operations, kernel.Run, peak);
        }
    }

    private static void PrintRow(string name, double operations, Action run, double peak)
    {
        double rate = operations / BestSeconds(run) * 1e-9;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-68} {rate,6:F1} GFLOP/s {rate / peak,7:P1}"));
    }

    // The best run is the one that nothing else on the machine disturbed.
    private static double BestSeconds(Action run, double seconds = 0.15)
    {
        double best = double.MaxValue;
        long start = Stopwatch.GetTimestamp();
        do
        {
            long before = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);

        return best;
    }
}
