using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Changes of colour that SSD trains with (Liu et al., section 2.2), as torchvision's <c>RandomPhotometricDistort</c> makes them:
/// brightness, contrast (before or after the next two), saturation and hue, and an exchange of the channels, each with a probability of its
/// own.
/// </summary>
public sealed record PhotometricDistortion : ISampleTransform
{
    /// <summary>Largest distance of the brightness factor from 1.</summary>
    public double Brightness { get; init; } = 0.125;

    /// <summary>Largest distance of the contrast factor from 1.</summary>
    public double Contrast { get; init; } = 0.5;

    /// <summary>Largest distance of the saturation factor from 1.</summary>
    public double Saturation { get; init; } = 0.5;

    /// <summary>Largest turn of the hue, as part of the colour wheel, up to 0.5.</summary>
    public double Hue { get; init; } = 0.05;

    /// <summary>Probability of each change.</summary>
    public double Probability { get; init; } = 0.5;

    /// <summary>True if channels may change places; false in recipes of segmentation, unless they say otherwise.</summary>
    public bool ExchangesChannels { get; init; } = true;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (random.NextBoolean(Probability))
        {
            sample.Recolor(Enhancements.Brightness(sample.Buffer, Factor(Brightness, ref random)));
        }

        bool isContrastFirst = random.NextBoolean(0.5);
        bool hasContrast = random.NextBoolean(Probability);
        double contrast = Factor(Contrast, ref random);
        if (hasContrast && isContrastFirst)
        {
            sample.Recolor(Enhancements.Contrast(sample.Buffer, contrast));
        }

        if (random.NextBoolean(Probability))
        {
            sample.Recolor(Enhancements.Color(sample.Buffer, Factor(Saturation, ref random)));
        }

        if (random.NextBoolean(Probability))
        {
            sample.Recolor(Hues.Turn(sample.Buffer, random.NextDouble(-Hue, Hue)));
        }

        if (hasContrast && !isContrastFirst)
        {
            sample.Recolor(Enhancements.Contrast(sample.Buffer, contrast));
        }

        if (ExchangesChannels && random.NextBoolean(Probability))
        {
            ExchangeChannels(sample, ref random);
        }
    }

    private static void ExchangeChannels(Sample sample, ref KeyedRandom random)
    {
        Span<int> order = [0, 1, 2];
        random.Shuffle(order);
        if (sample.Channels == 1)
        {
            return;
        }

        Span<byte> pixels = sample.WritablePixels();
        for (int i = 0; i < pixels.Length; i += 3)
        {
            (byte red, byte green, byte blue) = (pixels[i + order[0]], pixels[i + order[1]], pixels[i + order[2]]);
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue);
        }
    }

    private static double Factor(double distance, ref KeyedRandom random) => random.NextDouble(Math.Max(0, 1 - distance), 1 + distance);
}
