using System.Buffers;

namespace Fovea.Data;

/// <summary>
/// The weights of an antialiased resampling along one axis, in fixed point: output position i is the sum of
/// <c>Weights[i·Taps + k] · input[Starts[i] + k]</c>, k below <c>Counts[i]</c>, with <see cref="PrecisionBits"/> fractional bits.
/// </summary>
/// <remarks>
/// The definition is Pillow's, so that results agree to the bit: the filter is stretched by the shrink factor, its weights are normalised
/// in double precision and rounded half away from zero. The arrays are rented; <see cref="Dispose"/> gives them back.
/// </remarks>
internal readonly struct ResizeWeights : IDisposable
{
    /// <summary>The weights' fractional bits: 32 less 8 for the pixel and 2 for overshoot.</summary>
    public const int PrecisionBits = 32 - 8 - 2;

    private ResizeWeights(int taps, int[] starts, int[] counts, int[] weights) =>
        (Taps, Starts, Counts, Weights) = (taps, starts, counts, weights);

    /// <summary>The distance between two output positions' weights.</summary>
    public int Taps { get; }

    /// <summary>Each output position's first input position.</summary>
    public int[] Starts { get; }

    /// <summary>Number of input positions that each output position draws on.</summary>
    public int[] Counts { get; }

    /// <summary>The weights in fixed point.</summary>
    public int[] Weights { get; }

    /// <summary>Computes the weights.</summary>
    /// <param name="inputs">The input's length.</param>
    /// <param name="outputs">The output's length.</param>
    /// <param name="interpolation">The filter.</param>
    public static ResizeWeights Create(int inputs, int outputs, Interpolation interpolation)
    {
        double scale = (double)inputs / outputs;
        double stretch = Math.Max(scale, 1);
        double support = (interpolation == Interpolation.Bilinear ? 1 : 2) * stretch;
        int taps = ((int)Math.Ceiling(support) * 2) + 1;
        int[] starts = ArrayPool<int>.Shared.Rent(outputs);
        int[] counts = ArrayPool<int>.Shared.Rent(outputs);
        int[] weights = ArrayPool<int>.Shared.Rent(outputs * taps);
        double[] exact = ArrayPool<double>.Shared.Rent(taps);
        for (int output = 0; output < outputs; output++)
        {
            double centre = (output + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - support + 0.5));
            int count = Math.Min(inputs, (int)(centre + support + 0.5)) - first;
            double sum = 0;
            for (int k = 0; k < count; k++)
            {
                exact[k] = Filter((k + first - centre + 0.5) * (1 / stretch), interpolation);
                sum += exact[k];
            }

            for (int k = 0; k < count; k++)
            {
                double weight = (sum == 0 ? exact[k] : exact[k] / sum) * (1 << PrecisionBits);
                weights[(output * taps) + k] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }

            (starts[output], counts[output]) = (first, count);
        }

        ArrayPool<double>.Shared.Return(exact);
        return new ResizeWeights(taps, starts, counts, weights);
    }

    /// <summary>The weights of an output position.</summary>
    /// <param name="output">The position.</param>
    public ReadOnlySpan<int> WeightsOf(int output) => Weights.AsSpan(output * Taps, Counts[output]);

    /// <summary>Gives the arrays back.</summary>
    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(Starts);
        ArrayPool<int>.Shared.Return(Counts);
        ArrayPool<int>.Shared.Return(Weights);
    }

    private static double Filter(double x, Interpolation interpolation)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (interpolation == Interpolation.Bilinear)
        {
            return x < 1 ? 1 - x : 0;
        }

        return x < 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1
            : x < 2 ? ((((x - 5) * x) + 8) * x * A) - (4 * A)
            : 0;
    }
}
