using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Brings an image to a network's input as evaluation does: orientation, channels, resize rule and centre crop of the
/// preprocessing. Draws nothing.
/// </summary>
/// <param name="Input">The preprocessing.</param>
public sealed record ResizeAndCrop(Preprocessing Input) : ISampleTransform
{
    /// <inheritdoc/>
    /// <exception cref="UnusableDataException">
    /// The image does not have the input's size and neither resize nor crop may change that.
    /// </exception>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        sample.Orient(Input);
        (int width, int height) = Input.FittedSize(sample.Width, sample.Height);
        if (Input.Channels == 1)
        {
            sample.ToGrey();
        }

        sample.Resize(width, height, Input.Interpolation);
        if (Input.Resize != ResizeRule.BoundedSides)
        {
            sample.CenterCrop(Input.Width, Input.Height);
        }
    }
}
