using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Adds a border on every side and cuts a random window of the image's own size out.</summary>
/// <param name="Padding">Width of the border in pixels; 0 leaves the sample as it is and draws nothing.</param>
/// <param name="Border">Pixels of the border.</param>
public sealed record PaddingCrop(int Padding, BorderMode Border = BorderMode.Black) : ISampleTransform
{
    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (Padding > 0)
        {
            int top = random.NextInt32((2 * Padding) + 1) - Padding;
            int left = random.NextInt32((2 * Padding) + 1) - Padding;
            sample.Crop(left, top, sample.Width, sample.Height, Border);
        }
    }
}
