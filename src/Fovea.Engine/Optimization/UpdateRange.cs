using Fovea.Engine.Graph;

namespace Fovea.Engine.Optimization;

/// <summary>
/// A range of values of one variable in a step of an optimiser: the weights to change, with their gradients and what the optimiser keeps of
/// them. All spans are of one length. Ranges are cut the same way for any number of threads, and several are updated at the same time.
/// </summary>
public readonly unsafe ref struct UpdateRange
{
    private readonly ReadOnlySpan<nint> _states;
    private readonly long _offset;

    internal UpdateRange(
        Variable variable, long start, Span<float> weights, ReadOnlySpan<float> gradients, ReadOnlySpan<nint> states, long offset)
    {
        Variable = variable;
        Start = start;
        Weights = weights;
        Gradients = gradients;
        _states = states;
        _offset = offset;
    }

    /// <summary>The variable.</summary>
    public Variable Variable { get; }

    /// <summary>The number of the range among all, from 0; those of a variable follow each other.</summary>
    public int Index { get; init; }

    /// <summary>The number of the pass over all ranges in the step, from 0.</summary>
    public int Pass { get; init; }

    /// <summary>The index of the range's first value among the variable's.</summary>
    public long Start { get; }

    /// <summary>The weights, to be changed.</summary>
    public Span<float> Weights { get; }

    /// <summary>The gradients, to be multiplied by <see cref="GradientFactor"/>.</summary>
    public ReadOnlySpan<float> Gradients { get; }

    /// <summary>The factor of the gradients in this step, below 1 where they are clipped by norm.</summary>
    public float GradientFactor { get; init; }

    /// <summary>The learning rate of this step, times the factor of the variable's groups.</summary>
    public double LearningRate { get; init; }

    /// <summary>The weight decay of the variable's groups; 0 for none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The number of the step, from 1.</summary>
    public long Iteration { get; init; }

    /// <summary>The values that the optimiser keeps of these weights, to be changed; zeros before the first step.</summary>
    /// <param name="index">The number of the state block, from 0.</param>
    /// <exception cref="IndexOutOfRangeException">The optimiser was made with fewer state blocks.</exception>
    public Span<float> State(int index) => new((float*)_states[index] + _offset, Weights.Length);
}
