using Fovea.Engine.Execution;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Optimization;

/// <summary>AdamW (arXiv 1711.05101, algorithm 2). State: the mean of the gradients, and of their squares.</summary>
/// <param name="gradients">The gradients that it steps from, whose variables it changes.</param>
/// <param name="weightDecay">Decay per step, times the learning rate, of weights for which no group names another.</param>
/// <param name="groups">Rules for variables that take another learning rate or weight decay.</param>
/// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
/// <param name="beta1">The share of the mean gradient that is kept at each step, 0 or more and below 1.</param>
/// <param name="beta2">The share of the mean squared gradient that is kept at each step, 0 or more and below 1.</param>
/// <param name="epsilon">Added to the denominator, 0 or more.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
public sealed class AdamW(
    GradientBlock gradients,
    double weightDecay = 0.01,
    IReadOnlyList<ParameterGroup>? groups = null,
    WorkerPool? pool = null,
    double beta1 = 0.9,
    double beta2 = 0.999,
    double epsilon = 1e-8) : Optimizer(gradients, stateBlocks: 2, weightDecay, groups, pool)
{
    private readonly AdamMoments _moments = new(beta1, beta2, epsilon);

    /// <inheritdoc/>
    protected override unsafe void Update(in UpdateRange range)
    {
        AdamWArguments step = _moments.ArgumentsOf(in range, range.GradientFactor);
        fixed (float* weights = range.Weights, slopes = range.Gradients, mean = range.State(0), meanSquare = range.State(1))
        {
            OptimizerKernels.AdamW(in step, weights, slopes, mean, meanSquare, range.Weights.Length);
        }
    }
}
