using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <content>Lion: steps of one length along each axis.</content>
internal static unsafe partial class OptimizerKernels
{
    /// <summary>
    /// One step of Lion (arXiv 2302.06675, algorithm 2): c = β₁m + (1 − β₁)g; p = p·(1 − lr·decay) − lr·sign(c); m = β₂m + (1 − β₂)g.
    /// </summary>
    /// <param name="step">The settings.</param>
    /// <param name="parameters">The parameters p, changed.</param>
    /// <param name="gradients">Their gradients; g is these times the gradient factor.</param>
    /// <param name="mean">The mean gradients m, changed; zero before the first step.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lion(in AdamWArguments step, float* parameters, float* gradients, float* mean, nint length)
    {
        Vector256<float> factor = Vector256.Create(step.GradientFactor);
        Vector256<float> keep = Vector256.Create((float)(1 - step.LearningRate * step.WeightDecay));
        Vector256<float> directionWeight = Vector256.Create((float)(1 - step.Beta1));
        Vector256<float> meanWeight = Vector256.Create((float)(1 - step.Beta2));
        Vector256<float> rate = Vector256.Create((float)step.LearningRate);
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> gradient = Load(gradients + i, rest) * factor;
            Vector256<float> m = Load(mean + i, rest);
            Vector256<float> direction = Vector256.MultiplyAddEstimate(gradient - m, directionWeight, m);
            Vector256<float> p = Load(parameters + i, rest) * keep;
            p -= rate & Vector256.GreaterThan(direction, Vector256<float>.Zero);
            p += rate & Vector256.LessThan(direction, Vector256<float>.Zero);
            Store(p, parameters + i, rest);
            Store(Vector256.MultiplyAddEstimate(gradient - m, meanWeight, m), mean + i, rest);
        }
    }
}
