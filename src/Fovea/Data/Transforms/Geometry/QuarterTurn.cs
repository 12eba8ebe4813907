using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Turns an image by none, one, two or three quarters of a circle, each as often: for images without an up and a down, such as those of
/// microscopes and those taken from the air.
/// </summary>
public sealed record QuarterTurn : ISampleTransform
{
    private static readonly ImageOrientation[] _turns =
        [ImageOrientation.Upright, ImageOrientation.TurnedLeft, ImageOrientation.UpsideDown, ImageOrientation.TurnedRight];

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        sample.Turn(_turns[random.NextInt32(_turns.Length)]);
    }
}
