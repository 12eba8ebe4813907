using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Blurs an image with a probability, with a standard deviation drawn from a range, as Pillow's <c>ImageFilter.GaussianBlur</c> does.
/// </summary>
public sealed record GaussianBlur : ISampleTransform
{
    /// <summary>From 0 to 1.</summary>
    public double Probability { get; init; } = 0.5;

    /// <summary>Smallest standard deviation, in pixels.</summary>
    public double MinRadius { get; init; } = 0.1;

    /// <summary>Largest standard deviation, in pixels.</summary>
    public double MaxRadius { get; init; } = 2;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (random.NextBoolean(Probability))
        {
            sample.Recolor(GaussianBlurring.Blur(sample.Buffer, random.NextDouble(MinRadius, MaxRadius)));
        }
    }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    internal void Validate()
    {
        OptionCheck check = new(nameof(GaussianBlur));
        check.RequireProbability(Probability, nameof(Probability));
        check.RequireRadii(MinRadius, MaxRadius);
    }
}
