using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Optimization;

/// <summary>
/// LAMB (arXiv 1904.00962, algorithm 2, with the bias corrections of Adam): steps of Adam whose length, for each variable that decays, is
/// that of the variable itself times the learning rate. State: the mean of the gradients, and of their squares.
/// </summary>
/// <remarks>Variables without weight decay, such as norms and biases, take the steps of Adam as they are.</remarks>
public sealed class Lamb : Optimizer
{
    private readonly AdamMoments _moments;
    private readonly double _maxGradientNorm;
    private readonly (double Weights, double Direction)[] _squares;
    private float _factor;

    /// <summary>Makes an optimiser.</summary>
    /// <param name="gradients">The gradients that it steps from, whose variables it changes.</param>
    /// <param name="weightDecay">Decay of weights for which no group names another; weights times this are added to the direction.</param>
    /// <param name="groups">Rules for variables that take another learning rate or weight decay.</param>
    /// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
    /// <param name="beta1">The share of the mean gradient that is kept at each step, 0 or more and below 1.</param>
    /// <param name="beta2">The share of the mean squared gradient that is kept at each step, 0 or more and below 1.</param>
    /// <param name="epsilon">Added to the denominator, 0 or more.</param>
    /// <param name="maxGradientNorm">The largest norm of all gradients together, which longer ones are scaled to; 0 for no limit.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Lamb(
        GradientBlock gradients,
        double weightDecay = 0.01,
        IReadOnlyList<ParameterGroup>? groups = null,
        WorkerPool? pool = null,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-6,
        double maxGradientNorm = 1)
        : base(gradients, stateBlocks: 2, weightDecay, groups, pool)
    {
        _moments = new AdamMoments(beta1, beta2, epsilon);
        _maxGradientNorm = OptimizerChecks.NotNegative(maxGradientNorm, nameof(maxGradientNorm));
        _squares = new (double, double)[Ranges];
    }

    /// <inheritdoc/>
    protected override int Passes => 2;

    /// <inheritdoc/>
    protected override void BeginPass(int pass)
    {
        if (pass == 0)
        {
            double norm = _maxGradientNorm > 0 ? Gradients.Norm(Pool) * GradientFactor / _maxGradientNorm : 0;
            _factor = (float)(GradientFactor / Math.Max(1, norm));
        }
    }

    /// <inheritdoc/>
    protected override unsafe void Update(in UpdateRange range)
    {
        AdamWArguments step = _moments.ArgumentsOf(in range, _factor);
        nint length = range.Weights.Length;
        fixed (float* weights = range.Weights, slopes = range.Gradients, mean = range.State(0), meanSquare = range.State(1))
        {
            if (range.Pass == 0)
            {
                _squares[range.Index] = OptimizerKernels.LambMoments(in step, weights, slopes, mean, meanSquare, length);
            }
            else
            {
                double trust = range.WeightDecay > 0 ? TrustRatio(range.Variable, range.Index - (int)(range.Start / RangeLength)) : 1;
                OptimizerKernels.LambStep(in step, trust, weights, mean, meanSquare, length);
            }
        }
    }

    /// <summary>Norm of a variable by that of its direction, from the sums of its ranges in their order; 1 where either is zero.</summary>
    private double TrustRatio(Variable variable, int firstRange)
    {
        double weights = 0;
        double direction = 0;
        for (long start = 0, range = firstRange; start < variable.Shape.Elements; start += RangeLength, range++)
        {
            weights += _squares[range].Weights;
            direction += _squares[range].Direction;
        }

        return weights > 0 && direction > 0 ? Math.Sqrt(weights / direction) : 1;
    }
}
