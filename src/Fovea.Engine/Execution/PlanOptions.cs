using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution;

/// <summary>Choices for a plan.</summary>
public sealed record PlanOptions
{
    /// <summary>
    /// The block that takes the graph's gradients; null where they are not wanted. Plans may share one; it must outlive their runs.
    /// </summary>
    public ParameterBlock? Gradients { get; init; }

    /// <summary>True to add gradients to what stands in the block in every run, false to write them over it.</summary>
    public bool Accumulate { get; init; }

    /// <summary>
    /// Told in every run, on one of its threads, of each variable whose gradient stands in the block and is changed no more by the run; it
    /// must return soon, as the run waits for it. Null where nobody asks.
    /// </summary>
    public Action<Variable>? GradientWritten { get; init; }

    /// <summary>
    /// The store of folded and packed weights that the plan shares with others of the same network; one of its own where null.
    /// </summary>
    public PackedWeights? PackedWeights { get; init; }

    /// <summary>
    /// True to choose every kernel as for a single image, so that an image has the same bits in a batch of any size; false to choose those
    /// that are fastest for the batch, of which some add in another order.
    /// </summary>
    public bool SameBitsInBatch { get; init; }
}
