using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Takes the colour from an image with a probability; normalisation repeats grey where the network takes three channels.</summary>
/// <param name="Probability">From 0 to 1; 0 draws nothing.</param>
public sealed record Greyscale(double Probability) : ISampleTransform
{
    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (Probability > 0 && random.NextBoolean(Probability))
        {
            sample.ToGrey();
        }
    }
}
