using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// A change of one sample, at random or not: an augmentation of one's own is a class with this one method. Called from several threads at
/// once.
/// </summary>
/// <remarks>
/// All draws must come from the given numbers, which depend on seed, epoch and index of the sample only: then batches are the same bits for
/// any number of threads, and after a resumed run. Transforms of one chain draw from one sequence in the order of the chain.
/// </remarks>
public interface ISampleTransform
{
    /// <summary>Changes a sample.</summary>
    /// <param name="sample">The sample, with pixels before <see cref="Normalize"/> in the chain and values after it.</param>
    /// <param name="random">The sample's random numbers; drawing moves them on.</param>
    void Apply(Sample sample, ref KeyedRandom random);
}
