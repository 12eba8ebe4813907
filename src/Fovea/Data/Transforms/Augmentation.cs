using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Random changes to training images, as options: the usual chain of transforms with its parameters.</summary>
/// <remarks>
/// The chain, in order: <see cref="RandomResizedCrop"/> (otherwise <see cref="ResizeAndCrop"/>), <see cref="PaddingCrop"/>,
/// <see cref="HorizontalFlip"/>, further transforms of one's own, <see cref="Normalize"/>, <see cref="RandomErasing"/>.
/// </remarks>
public sealed record Augmentation
{
    /// <summary>Probability of mirroring left to right.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>Black pixels added on every side before a random window of the input's size is cut out; 0 for none.</summary>
    public int CropPadding { get; init; }

    /// <summary>True to cut a window of random area and shape out and resize it to the input's size.</summary>
    public bool ResizedCrop { get; init; }

    /// <summary>Smallest share of the image's area that <see cref="ResizedCrop"/> takes.</summary>
    public double MinScale { get; init; } = 0.08;

    /// <summary>Largest share of the image's area that <see cref="ResizedCrop"/> takes.</summary>
    public double MaxScale { get; init; } = 1;

    /// <summary>Smallest aspect ratio, width by height, that <see cref="ResizedCrop"/> takes.</summary>
    public double MinRatio { get; init; } = 3.0 / 4;

    /// <summary>Largest aspect ratio, width by height, that <see cref="ResizedCrop"/> takes.</summary>
    public double MaxRatio { get; init; } = 4.0 / 3;

    /// <summary>Probability of erasing (setting to the mean) a random window.</summary>
    public double ErasingProbability { get; init; }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    public void Validate()
    {
        Require(FlipProbability is >= 0 and <= 1, $"the flip probability must be from 0 to 1, not {FlipProbability}");
        Require(ErasingProbability is >= 0 and <= 1, $"the erasing probability must be from 0 to 1, not {ErasingProbability}");
        Require(CropPadding is >= 0 and <= Image.MaxSide, $"the crop padding must be 0 or a number of pixels, not {CropPadding}");
        Require(MinScale > 0 && MinScale <= MaxScale && MaxScale <= 1, $"the scale {MinScale}–{MaxScale} must lie within 0–1");
        Require(MinRatio > 0 && MinRatio <= MaxRatio && double.IsFinite(MaxRatio), $"the ratio {MinRatio}–{MaxRatio} is not a range");

        static void Require(bool condition, string problem)
        {
            if (!condition)
            {
                throw new ArgumentException($"Augmentation: {problem}.");
            }
        }
    }

    /// <summary>The transforms that these options stand for.</summary>
    /// <param name="preprocessing">The network's input: size, channels, filter, normalisation.</param>
    /// <param name="further">Transforms of one's own, applied to pixels after crop and flip, before normalisation.</param>
    public IReadOnlyList<ISampleTransform> Chain(Preprocessing preprocessing, params IReadOnlyList<ISampleTransform> further)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ISampleTransform fit = ResizedCrop
            ? new RandomResizedCrop(preprocessing) { MinScale = MinScale, MaxScale = MaxScale, MinRatio = MinRatio, MaxRatio = MaxRatio }
            : new ResizeAndCrop(preprocessing);
        return
        [
            fit,
            new PaddingCrop(CropPadding),
            new HorizontalFlip(FlipProbability),
            .. further,
            new Normalize(preprocessing),
            new RandomErasing(ErasingProbability),
        ];
    }

    /// <summary>Prepares one image as a loader does for a training step.</summary>
    /// <param name="image">The image, of any size.</param>
    /// <param name="preprocessing">The network's input: size, channels, filter, normalisation.</param>
    /// <param name="random">The image's draws; it moves on.</param>
    /// <param name="destination">Takes (Height, Width, Channels), <see cref="Preprocessing.Length"/> floats.</param>
    /// <exception cref="UnusableDataException">
    /// The image does not have the input's size and neither resize nor crop may change that.
    /// </exception>
    public void Apply(Image image, Preprocessing preprocessing, ref KeyedRandom random, Span<float> destination)
    {
        using Sample sample = new();
        sample.Start(image);
        foreach (ISampleTransform transform in Chain(preprocessing))
        {
            transform.Apply(sample, ref random);
        }

        sample.Values.CopyTo(destination);
    }
}
