namespace Fovea.Engine.Compile;

/// <summary>The figures by which passes weigh arithmetic against memory. An executor supplies those of its device.</summary>
public sealed record CostModel
{
    /// <summary>The most element-wise nodes that run as one: more would need more registers than the nearest memory holds.</summary>
    public int MaxPointwiseNodes { get; init; } = 20;

    /// <summary>The most operands of element-wise nodes that run as one.</summary>
    public int MaxPointwiseOperands { get; init; } = 10;

    /// <summary>The most nodes between two readers of one operand that still join: further apart, the operand has left the cache.</summary>
    public int MaxSiblingDistance { get; init; } = 48;

    /// <summary>The fewest elements of a value that is worth computing a second time for the backward pass, or adding by itself.</summary>
    public long MinRecomputedElements { get; init; } = 1 << 14;

    /// <summary>
    /// The fewest nodes between two uses of a value, or between the terms of a sum, from which on memory is worth a second computation, or
    /// a sum in several passes.
    /// </summary>
    public int MinRecomputeDistance { get; init; } = 16;

    /// <summary>The share of a step's multiply-adds that may be spent on computing products again, so as to need less memory.</summary>
    public double RecomputedShare { get; init; } = 0.02;

    /// <summary>The fewest elements that the backward pass of an early loss computes for its place in the order to matter.</summary>
    public long MinHoistedElements { get; init; } = 1 << 20;

    /// <summary>Nodes for which a value that was computed again is kept for its next use: a block or two of a network.</summary>
    public int RecomputedLifetime { get; init; } = 48;

    /// <summary>The most terms of a sum that take no longer to multiply than a value takes to be written and read.</summary>
    public int MaxRecomputedTerms { get; init; } = 64;
}
