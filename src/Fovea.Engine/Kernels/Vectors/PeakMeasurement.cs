using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>Measures the peak multiply-add throughput of one core (roofline).</summary>
internal static class PeakMeasurement
{
    private const int Steps = 200_000;
    private const int Chains = 12;

    /// <summary>
    /// The single-thread peak in GFLOP/s (a fused multiply-add counts as two): the best of many short runs over about
    /// <paramref name="seconds"/> of independent multiply-adds that touch no memory.
    /// </summary>
    public static double Measure(double seconds = 0.2)
    {
        double best = double.MaxValue;
        float sink = 0f;
        long start = Stopwatch.GetTimestamp();
        do
        {
            long before = Stopwatch.GetTimestamp();
            sink += MultiplyAdd();
            best = Math.Min(best, Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);

        GC.KeepAlive(sink);
        return 2.0 * Vector256<float>.Count * Chains * Steps / best * 1e-9;
    }

    // An estimate is a fused multiply-add wherever the processor has one.
    // Twelve chains hide the latency of any processor so far (4 or 5 cycles, two results a cycle).
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float MultiplyAdd()
    {
        Vector256<float> factor = Vector256.Create(0.999f);
        Vector256<float> addend = Vector256.Create(0.001f);
        Vector256<float> sum0 = Vector256<float>.Zero;
        Vector256<float> sum1 = sum0;
        Vector256<float> sum2 = sum0;
        Vector256<float> sum3 = sum0;
        Vector256<float> sum4 = sum0;
        Vector256<float> sum5 = sum0;
        Vector256<float> sum6 = sum0;
        Vector256<float> sum7 = sum0;
        Vector256<float> sum8 = sum0;
        Vector256<float> sum9 = sum0;
        Vector256<float> sum10 = sum0;
        Vector256<float> sum11 = sum0;
        for (int step = 0; step < Steps; step++)
        {
            sum0 = Vector256.MultiplyAddEstimate(sum0, factor, addend);
            sum1 = Vector256.MultiplyAddEstimate(sum1, factor, addend);
            sum2 = Vector256.MultiplyAddEstimate(sum2, factor, addend);
            sum3 = Vector256.MultiplyAddEstimate(sum3, factor, addend);
            sum4 = Vector256.MultiplyAddEstimate(sum4, factor, addend);
            sum5 = Vector256.MultiplyAddEstimate(sum5, factor, addend);
            sum6 = Vector256.MultiplyAddEstimate(sum6, factor, addend);
            sum7 = Vector256.MultiplyAddEstimate(sum7, factor, addend);
            sum8 = Vector256.MultiplyAddEstimate(sum8, factor, addend);
            sum9 = Vector256.MultiplyAddEstimate(sum9, factor, addend);
            sum10 = Vector256.MultiplyAddEstimate(sum10, factor, addend);
            sum11 = Vector256.MultiplyAddEstimate(sum11, factor, addend);
        }

        Vector256<float> total = sum0 + sum1 + sum2 + sum3 + sum4 + sum5 + sum6 + sum7 + sum8 + sum9 + sum10 + sum11;
        return Vector256.Sum(total);
    }
}
