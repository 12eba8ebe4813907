using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Sets a random window of a normalised image to 0, the mean, with a probability, as torchvision's <c>RandomErasing</c> does:
/// 2–33 % of the area, aspect ratio 0.3–3.3. Stands after <see cref="Normalize"/>.
/// </summary>
/// <param name="Probability">From 0 to 1.</param>
public sealed record RandomErasing(double Probability) : ISampleTransform
{
    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The sample is not normalised.</exception>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (!sample.IsNormalized)
        {
            throw new InvalidOperationException("RandomErasing must stand after Normalize in the chain of transforms.");
        }

        if (random.NextBoolean(Probability) && RandomCrop.ChooseErased(sample.Width, sample.Height, ref random) is RandomCrop erased)
        {
            for (int y = erased.Top; y < erased.Top + erased.Height; y++)
            {
                sample.Values.Slice(((y * sample.Width) + erased.Left) * sample.Channels, erased.Width * sample.Channels).Clear();
            }
        }
    }
}
