using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Turns pixels into a network's numbers, (value/255 − mean) / standard deviation. Draws nothing.</summary>
/// <param name="Input">Channels, mean and standard deviation.</param>
public sealed record Normalize(Preprocessing Input) : ISampleTransform
{
    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        sample.Normalize(Input);
    }
}
