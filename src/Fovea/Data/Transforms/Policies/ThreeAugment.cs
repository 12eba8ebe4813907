using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// 3-Augment (DeiT III, arXiv 2204.07118): greyscale, solarize or Gaussian blur, one of them for each image. The paper's colour jitter is a
/// <see cref="ColorJitter"/> of 0.3 behind it.
/// </summary>
/// <remarks>Boxes and masks stay as they are. A grey image stays so until it is normalised, which repeats its channel.</remarks>
public sealed record ThreeAugment : ISampleTransform
{
    /// <summary>The lowest value that solarize inverts.</summary>
    public int SolarizeThreshold { get; init; } = 128;

    /// <summary>Smallest standard deviation of the blur, in pixels.</summary>
    public double MinRadius { get; init; } = 0.1;

    /// <summary>Largest standard deviation of the blur, in pixels.</summary>
    public double MaxRadius { get; init; } = 2;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        switch (random.NextInt32(3))
        {
            case 0:
                sample.ToGrey();
                break;
            case 1:
                sample.Recolor(PixelTables.Solarize(sample.Buffer, SolarizeThreshold));
                break;
            default:
                sample.Recolor(GaussianBlurring.Blur(sample.Buffer, random.NextDouble(MinRadius, MaxRadius)));
                break;
        }
    }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    internal void Validate()
    {
        OptionCheck check = new(nameof(ThreeAugment));
        check.Require(SolarizeThreshold is >= 0 and <= 256, nameof(SolarizeThreshold), "from 0 to 256", SolarizeThreshold);
        check.RequireRadii(MinRadius, MaxRadius);
    }
}
