using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Mirrors an image left to right with a probability.</summary>
/// <param name="Probability">From 0 to 1.</param>
public sealed record HorizontalFlip(double Probability = 0.5) : ISampleTransform
{
    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (random.NextBoolean(Probability))
        {
            sample.FlipHorizontal();
        }
    }
}
