using Fovea.Engine;

namespace Fovea.Data;

/// <summary>A change of a filled batch, such as mixing its images. Called from several threads at once, for different batches.</summary>
/// <remarks>All draws must come from the given numbers, which depend on seed, epoch and number of the batch only.</remarks>
public interface IBatchTransform
{
    /// <summary>Changes a batch.</summary>
    /// <param name="batch">The batch; its first <see cref="Batch.Count"/> rows are filled.</param>
    /// <param name="random">The batch's random numbers; drawing moves them on.</param>
    void Apply(Batch batch, ref KeyedRandom random);
}
