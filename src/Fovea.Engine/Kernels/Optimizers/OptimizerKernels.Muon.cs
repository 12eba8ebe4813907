using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <content>Muon: what surrounds the orthogonalisation.</content>
internal static unsafe partial class OptimizerKernels
{
    /// <summary>
    /// The momentum of Muon: m += (1 − momentum)(g − m); the direction is m, or with Nesterov g + momentum·(m − g).
    /// </summary>
    /// <param name="factor">Factor on the gradients, applied first.</param>
    /// <param name="momentum">The share of the mean that is kept.</param>
    /// <param name="nesterov">True to look ahead.</param>
    /// <param name="gradients">The gradients; g is these times the factor.</param>
    /// <param name="mean">The mean gradients m, changed; zero before the first step.</param>
    /// <param name="direction">The direction, written.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MuonMomentum(
        float factor, double momentum, bool nesterov, float* gradients, float* mean, float* direction, nint length)
    {
        Vector256<float> factors = Vector256.Create(factor);
        Vector256<float> keep = Vector256.Create((float)momentum);
        Vector256<float> take = Vector256.Create((float)(1 - momentum));
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> gradient = Load(gradients + i, rest) * factors;
            Vector256<float> m = Load(mean + i, rest);
            m = Vector256.MultiplyAddEstimate(gradient - m, take, m);
            Store(m, mean + i, rest);
            Store(nesterov ? Vector256.MultiplyAddEstimate(m - gradient, keep, gradient) : m, direction + i, rest);
        }
    }

    /// <summary>A step along a direction: p = p·keep − rate·direction.</summary>
    /// <param name="keep">1 − learning rate · decay.</param>
    /// <param name="rate">The length of the step.</param>
    /// <param name="parameters">The parameters p, changed.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="length">Floats in the range.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void StepAlong(double keep, double rate, float* parameters, float* direction, nint length)
    {
        Vector256<float> keeps = Vector256.Create((float)keep);
        Vector256<float> rates = Vector256.Create((float)-rate);
        for (nint i = 0; i < length; i += Width)
        {
            nint rest = length - i;
            Vector256<float> p = Load(parameters + i, rest) * keeps;
            Store(Vector256.MultiplyAddEstimate(Load(direction + i, rest), rates, p), parameters + i, rest);
        }
    }
}
