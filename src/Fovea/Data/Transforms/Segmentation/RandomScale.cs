using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Brings an image to the size of evaluation times a random scale, in equal shares of the range, and may change its proportions. Label maps
/// take the nearest pixel's class.
/// </summary>
/// <param name="Input">Preprocessing, whose resize gives the size at scale 1.</param>
public sealed record RandomScale(Preprocessing Input) : ISampleTransform
{
    /// <summary>The smallest scale.</summary>
    public double MinScale { get; init; } = 0.5;

    /// <summary>The largest scale.</summary>
    public double MaxScale { get; init; } = 2;

    /// <summary>The largest factor of width by height, and of height by width, at least 1, which keeps the proportions.</summary>
    public double Stretch { get; init; } = 1;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        (int width, int height) = Input.FittedSize(sample.Width, sample.Height);
        double scale = random.NextDouble(MinScale, MaxScale);
        double stretch = Stretch > 1 ? Math.Exp(random.NextDouble(-0.5, 0.5) * Math.Log(Stretch)) : 1;
        sample.Resize(
            Math.Max(1, (int)Math.Round(width * scale * stretch)),
            Math.Max(1, (int)Math.Round(height * scale / stretch)),
            Input.Interpolation);
    }
}
