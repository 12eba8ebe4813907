using Fovea.Engine.Execution;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Optimization;

/// <summary>
/// Lion (arXiv 2302.06675, algorithm 2): steps by the sign of a mean gradient, all of one length. State: the mean of the gradients.
/// </summary>
/// <param name="gradients">The gradients that it steps from, whose variables it changes.</param>
/// <param name="weightDecay">Decay per step, times the learning rate, of weights for which no group names another.</param>
/// <param name="groups">Rules for variables that take another learning rate or weight decay.</param>
/// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
/// <param name="beta1">The share of the mean gradient in the direction of a step, 0 or more and below 1.</param>
/// <param name="beta2">The share of the mean gradient that is kept at each step, 0 or more and below 1.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
public sealed class Lion(
    GradientBlock gradients,
    double weightDecay = 0,
    IReadOnlyList<ParameterGroup>? groups = null,
    WorkerPool? pool = null,
    double beta1 = 0.9,
    double beta2 = 0.99) : Optimizer(gradients, stateBlocks: 1, weightDecay, groups, pool)
{
    private readonly double _beta1 = OptimizerChecks.Share(beta1, nameof(beta1));
    private readonly double _beta2 = OptimizerChecks.Share(beta2, nameof(beta2));

    /// <inheritdoc/>
    protected override unsafe void Update(in UpdateRange range)
    {
        AdamWArguments step = new()
        {
            LearningRate = range.LearningRate,
            Beta1 = _beta1,
            Beta2 = _beta2,
            WeightDecay = range.WeightDecay,
            Step = range.Iteration,
            GradientFactor = range.GradientFactor,
        };
        fixed (float* weights = range.Weights, slopes = range.Gradients, mean = range.State(0))
        {
            OptimizerKernels.Lion(in step, weights, slopes, mean, range.Weights.Length);
        }
    }
}
