using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <content>LAMB: the direction of Adam, with a length that follows from the weights' own.</content>
internal static unsafe partial class OptimizerKernels
{
    /// <summary>
    /// The first half of a step of LAMB: m += (1 − β₁)(g − m); v = β₂v + (1 − β₂)g²; and the sums of squares of p and of the direction
    /// u = m̂ / (√v̂ + ε) + decay·p, in double precision.
    /// </summary>
    /// <param name="step">The settings.</param>
    /// <param name="parameters">The parameters p.</param>
    /// <param name="gradients">Their gradients; g is these times the gradient factor.</param>
    /// <param name="mean">The mean gradients m, changed; zero before the first step.</param>
    /// <param name="meanSquare">The mean squared gradients v, changed; zero before the first step.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (double Parameters, double Direction) LambMoments(
        in AdamWArguments step, float* parameters, float* gradients, float* mean, float* meanSquare, nint length)
    {
        Vector256<float> factor = Vector256.Create(step.GradientFactor);
        Vector256<float> meanWeight = Vector256.Create((float)(1 - step.Beta1));
        Vector256<float> beta2 = Vector256.Create((float)step.Beta2);
        Vector256<float> squareWeight = Vector256.Create((float)(1 - step.Beta2));
        LambDirection direction = new(in step);
        Vector256<double> parameterSum = Vector256<double>.Zero;
        Vector256<double> directionSum = Vector256<double>.Zero;
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> gradient = Load(gradients + i, rest) * factor;
            Vector256<float> m = Load(mean + i, rest);
            Vector256<float> v = Load(meanSquare + i, rest) * beta2;
            Vector256<float> p = Load(parameters + i, rest);
            m = Vector256.MultiplyAddEstimate(gradient - m, meanWeight, m);
            v = Vector256.MultiplyAddEstimate(gradient * gradient, squareWeight, v);
            Store(m, mean + i, rest);
            Store(v, meanSquare + i, rest);
            parameterSum += Squares(p);
            directionSum += Squares(direction.Of(p, m, v));
        }

        return (Vector256.Sum(parameterSum), Vector256.Sum(directionSum));
    }

    /// <summary>The second half of a step of LAMB: p −= lr·trust·u, with the direction u of the first half.</summary>
    /// <param name="step">The settings.</param>
    /// <param name="trust">The trust ratio of the variable.</param>
    /// <param name="parameters">The parameters p, changed.</param>
    /// <param name="mean">The mean gradients m.</param>
    /// <param name="meanSquare">The mean squared gradients v.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LambStep(in AdamWArguments step, double trust, float* parameters, float* mean, float* meanSquare, nint length)
    {
        Vector256<float> rate = Vector256.Create((float)(step.LearningRate * trust));
        LambDirection direction = new(in step);
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> p = Load(parameters + i, rest);
            Store(p - (rate * direction.Of(p, Load(mean + i, rest), Load(meanSquare + i, rest))), parameters + i, rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Squares(Vector256<float> values)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(values);
        return (low * low) + (high * high);
    }

    /// <summary>The direction u = m̂ / (√v̂ + ε) + decay·p.</summary>
    private readonly struct LambDirection(in AdamWArguments step)
    {
        private readonly Vector256<float> _meanCorrection = Vector256.Create((float)(1 / (1 - Math.Pow(step.Beta1, step.Step))));
        private readonly Vector256<float> _correction = Vector256.Create((float)Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)));
        private readonly Vector256<float> _epsilon = Vector256.Create((float)step.Epsilon);
        private readonly Vector256<float> _decay = Vector256.Create((float)step.WeightDecay);

        // The rest of a range that is no whole vector is zeros, whose direction is zero.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Of(Vector256<float> p, Vector256<float> m, Vector256<float> v) => Vector256.MultiplyAddEstimate(
            p, _decay, m * _meanCorrection / ((Vector256.Sqrt(v) / _correction) + _epsilon));
    }
}
