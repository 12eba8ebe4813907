namespace Fovea.Engine.Execution;

/// <summary>
/// Values that the plans of one network compute from its weights once and share: folded and packed weights, resized tables. The
/// first plan that needs a value computes it; further plans, whatever their batch and image size, find it there. An executor makes
/// the store (<see cref="Executor.CreatePackedWeights"/>).
/// </summary>
/// <remarks>
/// <see cref="Plan.Refresh"/> of one plan computes its part of the store again, for all plans that share it: none of them may run
/// meanwhile. The store must be disposed of after its plans.
/// </remarks>
public abstract class PackedWeights : IDisposable
{
    /// <summary>The memory of the store in bytes.</summary>
    public abstract long Bytes { get; }

    /// <summary>Frees the memory, once no plan is at work on it.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    /// <param name="disposing">True where <see cref="Dispose()"/> was called.</param>
    protected abstract void Dispose(bool disposing);
}
