using System.Text.Json.Serialization;
using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Values that an erased window gets.</summary>
[JsonConverter(typeof(EnumWords<ErasingFill>))]
public enum ErasingFill
{
    /// <summary>0, the mean; timm's <c>const</c>.</summary>
    Constant,

    /// <summary>One colour for the window, each channel normally distributed; timm's <c>rand</c>.</summary>
    Color,

    /// <summary>Every value normally distributed; timm's <c>pixel</c>.</summary>
    Pixel,
}

/// <summary>
/// Erases random windows of a normalised image with a probability (arXiv 1708.04896), as timm's <c>RandomErasing</c> does. Stands after
/// <see cref="Normalize"/>.
/// </summary>
/// <param name="Probability">From 0 to 1.</param>
public sealed record RandomErasing(double Probability = 0.25) : ISampleTransform
{
    /// <summary>Values that a window gets.</summary>
    public ErasingFill Fill { get; init; }

    /// <summary>Largest number of windows; it is drawn from 1 to this, and they share the area.</summary>
    public int MaxCount { get; init; } = 1;

    /// <summary>Smallest share of the image's area.</summary>
    public double MinArea { get; init; } = 0.02;

    /// <summary>Largest share of the image's area.</summary>
    public double MaxArea { get; init; } = 1.0 / 3;

    /// <summary>Smallest aspect ratio, height by width.</summary>
    public double MinRatio { get; init; } = 0.3;

    /// <summary>Largest aspect ratio, height by width.</summary>
    public double MaxRatio { get; init; } = 1 / 0.3;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The sample is not normalised.</exception>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (!sample.IsNormalized)
        {
            throw new InvalidOperationException("RandomErasing must stand after Normalize in the chain of transforms.");
        }

        if (!random.NextBoolean(Probability))
        {
            return;
        }

        int count = MaxCount > 1 ? 1 + random.NextInt32(MaxCount) : 1;
        for (int i = 0; i < count; i++)
        {
            if (RandomCrop.ChooseErased(sample.Width, sample.Height, this, count, ref random) is RandomCrop window)
            {
                Erase(sample, window, ref random);
            }
        }
    }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    internal void Validate()
    {
        OptionCheck check = new(nameof(RandomErasing));
        check.RequireProbability(Probability, nameof(Probability));
        check.Require(MaxCount >= 1, nameof(MaxCount), "at least 1", MaxCount);
        check.Require(MinArea is > 0 and <= 1, nameof(MinArea), "above 0 and up to 1", MinArea);
        check.Require(MaxArea >= MinArea && MaxArea <= 1, nameof(MaxArea), $"from {MinArea} to 1", MaxArea);
        check.Require(MinRatio > 0 && double.IsFinite(MinRatio), nameof(MinRatio), "above 0", MinRatio);
        check.Require(MaxRatio >= MinRatio && double.IsFinite(MaxRatio), nameof(MaxRatio), $"at least {MinRatio}", MaxRatio);
    }

    private void Erase(Sample sample, RandomCrop window, ref KeyedRandom random)
    {
        Span<float> color = stackalloc float[sample.Channels];
        if (Fill == ErasingFill.Color)
        {
            FillNormal(color, ref random);
        }

        for (int y = window.Top; y < window.Top + window.Height; y++)
        {
            int start = ((y * sample.Width) + window.Left) * sample.Channels;
            Span<float> row = sample.Values.Slice(start, window.Width * sample.Channels);
            if (Fill == ErasingFill.Pixel)
            {
                FillNormal(row, ref random);
            }
            else
            {
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] = color[i % color.Length];
                }
            }
        }
    }

    private static void FillNormal(Span<float> values, ref KeyedRandom random)
    {
        foreach (ref float value in values)
        {
            value = (float)random.NextNormal();
        }
    }
}
