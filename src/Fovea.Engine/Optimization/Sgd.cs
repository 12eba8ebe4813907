using Fovea.Engine.Execution;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Optimization;

/// <summary>Stochastic gradient descent with momentum; weight decay is added to the gradients. State: the velocity.</summary>
/// <param name="gradients">The gradients that it steps from, whose variables it changes.</param>
/// <param name="weightDecay">Weights times this are added to their gradients, where no group names another decay.</param>
/// <param name="groups">Rules for variables that take another learning rate or weight decay.</param>
/// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
/// <param name="momentum">The share of the velocity that is kept at each step, 0 or more and below 1.</param>
/// <param name="nesterov">True to look ahead by one velocity (Nesterov).</param>
/// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
public sealed class Sgd(
    GradientBlock gradients,
    double weightDecay = 0,
    IReadOnlyList<ParameterGroup>? groups = null,
    WorkerPool? pool = null,
    double momentum = 0.9,
    bool nesterov = false) : Optimizer(gradients, stateBlocks: 1, weightDecay, groups, pool)
{
    private readonly double _momentum = OptimizerChecks.Share(momentum, nameof(momentum));

    /// <inheritdoc/>
    protected override unsafe void Update(in UpdateRange range)
    {
        SgdArguments step = new()
        {
            LearningRate = range.LearningRate,
            Momentum = _momentum,
            WeightDecay = range.WeightDecay,
            Nesterov = nesterov,
            First = range.Iteration == 1,
            GradientFactor = range.GradientFactor,
        };
        fixed (float* weights = range.Weights, slopes = range.Gradients, velocity = range.State(0))
        {
            OptimizerKernels.Sgd(in step, weights, slopes, velocity, range.Weights.Length);
        }
    }
}
