using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Updates of flat blocks of parameters, gradients and moments in a training step. The element-wise methods take any range of a block and
/// give each element the same bits in every range; they work in place.
/// </summary>
internal static unsafe partial class OptimizerKernels
{
    private const int Width = 8;
    private const int ChunkFloats = 16384;

    /// <summary>
    /// One step of AdamW in the order of torch.optim.AdamW: p ·= 1 − lr·decay; m += (1 − β₁)(g − m);
    /// v = β₂v + (1 − β₂)g²; p −= lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε).
    /// </summary>
    /// <param name="step">The settings.</param>
    /// <param name="parameters">The parameters p, changed.</param>
    /// <param name="gradients">Their gradients; g is these times the gradient factor.</param>
    /// <param name="mean">The mean gradients m, changed; zero before the first step.</param>
    /// <param name="meanSquare">The mean squared gradients v, changed; zero before the first step.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AdamW(in AdamWArguments step, float* parameters, float* gradients, float* mean, float* meanSquare, nint length)
    {
        Vector256<float> factor = Vector256.Create(step.GradientFactor);
        Vector256<float> keep = Vector256.Create((float)(1 - step.LearningRate * step.WeightDecay));
        Vector256<float> meanWeight = Vector256.Create((float)(1 - step.Beta1));
        Vector256<float> beta2 = Vector256.Create((float)step.Beta2);
        Vector256<float> squareWeight = Vector256.Create((float)(1 - step.Beta2));
        Vector256<float> correction = Vector256.Create((float)Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)));
        Vector256<float> epsilon = Vector256.Create((float)step.Epsilon);
        Vector256<float> rate = Vector256.Create((float)(step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step))));
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> gradient = Load(gradients + i, rest) * factor;
            Vector256<float> m = Load(mean + i, rest);
            Vector256<float> v = Load(meanSquare + i, rest) * beta2;
            m = Vector256.MultiplyAddEstimate(gradient - m, meanWeight, m);
            v = Vector256.MultiplyAddEstimate(gradient * gradient, squareWeight, v);
            Vector256<float> denominator = Vector256.Sqrt(v) / correction + epsilon;
            Vector256<float> p = Load(parameters + i, rest) * keep;
            Store(p - rate * m / denominator, parameters + i, rest);
            Store(m, mean + i, rest);
            Store(v, meanSquare + i, rest);
        }
    }

    /// <summary>
    /// One step of gradient descent in the order of torch.optim.SGD: g += decay·p; u = momentum·u + g (u = g at the first step); d = u,
    /// or g + momentum·u with Nesterov, or g without momentum; p −= lr·d.
    /// </summary>
    /// <param name="step">The settings.</param>
    /// <param name="parameters">The parameters p, changed.</param>
    /// <param name="gradients">Their gradients; g is these times the gradient factor.</param>
    /// <param name="velocity">The velocities u, changed; not read at the first step, and not touched without momentum.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sgd(in SgdArguments step, float* parameters, float* gradients, float* velocity, nint length)
    {
        Vector256<float> factor = Vector256.Create(step.GradientFactor);
        Vector256<float> decay = Vector256.Create((float)step.WeightDecay);
        Vector256<float> momentum = Vector256.Create((float)step.Momentum);
        Vector256<float> rate = Vector256.Create((float)-step.LearningRate);
        bool moving = step.Momentum != 0;
        bool first = step.First;
        bool nesterov = step.Nesterov;
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> p = Load(parameters + i, rest);
            Vector256<float> direction = Vector256.MultiplyAddEstimate(p, decay, Load(gradients + i, rest) * factor);
            if (moving)
            {
                Vector256<float> u = first ? direction : Vector256.MultiplyAddEstimate(Load(velocity + i, rest), momentum, direction);
                Store(u, velocity + i, rest);
                direction = nesterov ? Vector256.MultiplyAddEstimate(u, momentum, direction) : u;
            }

            Store(Vector256.MultiplyAddEstimate(direction, rate, p), parameters + i, rest);
        }
    }

    /// <summary>
    /// Moves an average: average += (1 − decay)·(value − average). In this order an average of what does not change keeps its bits,
    /// which two rounded factors, whose sum is not quite 1, would not leave it.
    /// </summary>
    /// <param name="decay">The share of the average that is kept.</param>
    /// <param name="average">The average, changed.</param>
    /// <param name="value">The values that the average moves towards.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void UpdateEma(double decay, float* average, float* value, nint length)
    {
        Vector256<float> take = Vector256.Create((float)(1 - decay));
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> from = Load(average + i, rest);
            Store(Vector256.MultiplyAddEstimate(Load(value + i, rest) - from, take, from), average + i, rest);
        }
    }

    /// <summary>Adds values to a sum.</summary>
    /// <param name="sum">The sum, changed.</param>
    /// <param name="values">The values that are added.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* sum, float* values, nint length)
    {
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Store(Load(sum + i, rest) + Load(values + i, rest), sum + i, rest);
        }
    }

    /// <summary>Limits values to a magnitude.</summary>
    /// <param name="values">The values, changed.</param>
    /// <param name="limit">The largest magnitude.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Clamp(float* values, float limit, nint length)
    {
        Vector256<float> highest = Vector256.Create(limit);
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Store(Vector256.Min(Vector256.Max(Load(values + i, rest), -highest), highest), values + i, rest);
        }
    }

    /// <summary>The independent parts of a sum of squares: chunks of the block, one partial each.</summary>
    /// <param name="length">Floats in the block.</param>
    public static int SumOfSquaresParts(nint length) => (int)((length + ChunkFloats - 1) / ChunkFloats);

    /// <summary>Writes the sum of squares of each of the given chunks, in double precision, to partials[chunk].</summary>
    /// <param name="values">The block.</param>
    /// <param name="length">Floats in the block.</param>
    /// <param name="partials">Room for <see cref="SumOfSquaresParts"/> partials.</param>
    /// <param name="first">The first part.</param>
    /// <param name="last">One past the last part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumOfSquares(float* values, nint length, double* partials, int first, int last)
    {
        for (int chunk = first; chunk < last; chunk++)
        {
            nint start = (nint)chunk * ChunkFloats;
            nint end = Math.Min(start + ChunkFloats, length);
            Vector256<double> lower = Vector256<double>.Zero;
            Vector256<double> upper = Vector256<double>.Zero;
            for (nint i = start; i < end; i += Width)
            {
                (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Load(values + i, end - i));
                lower = Vector256.MultiplyAddEstimate(low, low, lower);
                upper = Vector256.MultiplyAddEstimate(high, high, upper);
            }

            partials[chunk] = Vector256.Sum(lower + upper);
        }
    }

    /// <summary>The whole sum of squares: the partials added in order.</summary>
    /// <param name="partials">The sums that <see cref="SumOfSquares"/> wrote.</param>
    /// <param name="parts">Partials.</param>
    public static double MergeSumOfSquares(double* partials, int parts)
    {
        double sum = 0;
        for (int part = 0; part < parts; part++)
        {
            sum += partials[part];
        }

        return sum;
    }

    /// <summary>True if every value is finite.</summary>
    /// <param name="values">The values.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AllFinite(float* values, nint length)
    {
        // Without its sign, a finite float is an integer below that of infinity, and all else is not.
        Vector256<int> magnitude = Vector256.Create(int.MaxValue);
        Vector256<int> infinity = Vector256.Create(float.PositiveInfinity).AsInt32();
        Vector256<int> highest = Vector256<int>.Zero;
        for (nint i = 0; i < length; i += Width)
        {
            highest = Vector256.Max(highest, Load(values + i, length - i).AsInt32() & magnitude);
        }

        return Vector256.LessThanAll(highest, infinity);
    }

    // The tail is taken through a small buffer, so that its elements get the same arithmetic as all others.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(float* from, nint rest) => rest >= Width ? Vector256.Load(from) : LoadTail(from, rest);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> value, float* to, nint rest)
    {
        if (rest >= Width)
        {
            value.Store(to);
        }
        else
        {
            StoreTail(value, to, rest);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<float> LoadTail(float* from, nint rest)
    {
        Vector256<float> value = Vector256<float>.Zero;
        new ReadOnlySpan<float>(from, (int)rest).CopyTo(new Span<float>(&value, Width));
        return value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail(Vector256<float> value, float* to, nint rest) =>
        new ReadOnlySpan<float>(&value, (int)rest).CopyTo(new Span<float>(to, (int)rest));
}
