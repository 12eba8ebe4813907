using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Random changes of brightness, contrast, saturation and hue, in random order, as torchvision's <c>ColorJitter</c> makes them of Pillow's
/// images. A member that is 0 leaves its property as it is.
/// </summary>
public sealed record ColorJitter : ISampleTransform
{
    private const int Properties = 4;

    /// <summary>Largest distance of the brightness factor from 1; factors stay at 0 or above.</summary>
    public double Brightness { get; init; }

    /// <summary>Largest distance of the contrast factor from 1; factors stay at 0 or above.</summary>
    public double Contrast { get; init; }

    /// <summary>Largest distance of the saturation factor from 1; factors stay at 0 or above.</summary>
    public double Saturation { get; init; }

    /// <summary>Largest turn of the hue, as part of the colour wheel, up to 0.5.</summary>
    public double Hue { get; init; }

    /// <summary>Probability that an image is changed at all.</summary>
    public double Probability { get; init; } = 1;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (!random.NextBoolean(Probability))
        {
            return;
        }

        Span<int> order = [0, 1, 2, 3];
        random.Shuffle(order);
        Span<double> draws = stackalloc double[Properties];
        draws[0] = Factor(Brightness, ref random);
        draws[1] = Factor(Contrast, ref random);
        draws[2] = Factor(Saturation, ref random);
        draws[3] = random.NextDouble(-Hue, Hue);
        foreach (int property in order)
        {
            PixelBuffer pixels = sample.Buffer;
            sample.Recolor(property switch
            {
                0 => Brightness > 0 ? Enhancements.Brightness(pixels, draws[0]) : pixels,
                1 => Contrast > 0 ? Enhancements.Contrast(pixels, draws[1]) : pixels,
                2 => Saturation > 0 ? Enhancements.Color(pixels, draws[2]) : pixels,
                _ => Hue > 0 ? Hues.Turn(pixels, draws[3]) : pixels,
            });
        }
    }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    internal void Validate()
    {
        OptionCheck check = new(nameof(ColorJitter));
        check.Require(Brightness >= 0 && double.IsFinite(Brightness), nameof(Brightness), "at least 0", Brightness);
        check.Require(Contrast >= 0 && double.IsFinite(Contrast), nameof(Contrast), "at least 0", Contrast);
        check.Require(Saturation >= 0 && double.IsFinite(Saturation), nameof(Saturation), "at least 0", Saturation);
        check.Require(Hue is >= 0 and <= 0.5, nameof(Hue), "from 0 to 0.5", Hue);
        check.RequireProbability(Probability, nameof(Probability));
    }

    private static double Factor(double distance, ref KeyedRandom random) =>
        random.NextDouble(Math.Max(0, 1 - distance), 1 + distance);
}
