using Fovea.Engine.Kernels;

namespace Fovea.Engine.Optimization;

/// <summary>Numbers of Adam's two moments, which AdamW, LAMB and Muon have in common.</summary>
/// <param name="beta1">The share of the mean gradient that is kept at each step, 0 or more and below 1.</param>
/// <param name="beta2">The share of the mean squared gradient that is kept at each step, 0 or more and below 1.</param>
/// <param name="epsilon">Added to the denominator, 0 or more.</param>
internal sealed class AdamMoments(double beta1, double beta2, double epsilon)
{
    private readonly double _beta1 = OptimizerChecks.Share(beta1, nameof(beta1));
    private readonly double _beta2 = OptimizerChecks.Share(beta2, nameof(beta2));
    private readonly double _epsilon = OptimizerChecks.NotNegative(epsilon, nameof(epsilon));

    /// <summary>Arguments of the kernel for a step of one range.</summary>
    /// <param name="range">The range.</param>
    /// <param name="gradientFactor">Factor of the gradients.</param>
    public AdamWArguments ArgumentsOf(in UpdateRange range, float gradientFactor) => new()
    {
        LearningRate = range.LearningRate,
        Beta1 = _beta1,
        Beta2 = _beta2,
        Epsilon = _epsilon,
        WeightDecay = range.WeightDecay,
        Step = range.Iteration,
        GradientFactor = gradientFactor,
    };
}
