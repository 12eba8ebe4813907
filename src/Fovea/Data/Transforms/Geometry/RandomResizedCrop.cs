using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Cuts out a window of random area and shape and resizes it to a network's input, as torchvision's <c>RandomResizedCrop</c> does.
/// </summary>
/// <param name="Input">Size, channels and filter of the input.</param>
public sealed record RandomResizedCrop(Preprocessing Input) : ISampleTransform
{
    /// <summary>Smallest share of the image's area.</summary>
    public double MinScale { get; init; } = 0.08;

    /// <summary>Largest share of the image's area.</summary>
    public double MaxScale { get; init; } = 1;

    /// <summary>Smallest aspect ratio, width by height.</summary>
    public double MinRatio { get; init; } = 3.0 / 4;

    /// <summary>Largest aspect ratio, width by height.</summary>
    public double MaxRatio { get; init; } = 4.0 / 3;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        sample.Orient(Input);
        if (Input.Channels == 1)
        {
            sample.ToGrey();
        }

        RandomCrop window = RandomCrop.Choose(sample.Width, sample.Height, this, ref random);
        sample.Crop(window.Left, window.Top, window.Width, window.Height);
        sample.Resize(Input.Width, Input.Height, Input.Interpolation);
    }
}
