using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Random changes to training images.</summary>
/// <remarks>
/// The steps, in order: random resized crop (otherwise the preprocessing's resize and centre crop), random crop with black padding,
/// horizontal flip, normalisation, random erasing. The draws come from the image's own <see cref="KeyedRandom"/> in this order.
/// </remarks>
public sealed record Augmentation
{
    /// <summary>The probability of mirroring left to right.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>Black pixels added on every side before a random window of the input's size is cut out; 0 for none.</summary>
    public int CropPadding { get; init; }

    /// <summary>Whether a window of random area and shape is cut out and resized to the input's size.</summary>
    public bool ResizedCrop { get; init; }

    /// <summary>The smallest share of the image's area that <see cref="ResizedCrop"/> takes.</summary>
    public double MinScale { get; init; } = 0.08;

    /// <summary>The largest share of the image's area that <see cref="ResizedCrop"/> takes.</summary>
    public double MaxScale { get; init; } = 1;

    /// <summary>The smallest aspect ratio, width by height, that <see cref="ResizedCrop"/> takes.</summary>
    public double MinRatio { get; init; } = 3.0 / 4;

    /// <summary>The largest aspect ratio, width by height, that <see cref="ResizedCrop"/> takes.</summary>
    public double MaxRatio { get; init; } = 4.0 / 3;

    /// <summary>The probability of erasing (setting to the mean) a random window.</summary>
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

    /// <summary>Prepares an image for a training step.</summary>
    /// <param name="image">The image, of any size.</param>
    /// <param name="preprocessing">The network's input: size, channels, filter, normalisation.</param>
    /// <param name="random">The image's draws; it moves on.</param>
    /// <param name="destination">[Height, Width, Channels], <see cref="Preprocessing.Length"/> floats.</param>
    /// <exception cref="UnusableDataException">The image does not have the input's size and neither resize nor crop may change that.</exception>
    public void Apply(Image image, Preprocessing preprocessing, ref KeyedRandom random, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        var (width, height) = (preprocessing.Width, preprocessing.Height);
        PixelBuffer raster;
        if (ResizedCrop)
        {
            raster = preprocessing.InChannels(image);
            var window = RandomCrop.Choose(raster.Width, raster.Height, this, ref random);
            raster = raster.Then(raster.Crop(window.Left, window.Top, window.Width, window.Height));
            raster = raster.Then(raster.Resize(width, height, preprocessing.Interpolation));
        }
        else
        {
            raster = preprocessing.Fit(image);
        }

        if (CropPadding > 0)
        {
            int top = random.NextInt32((2 * CropPadding) + 1) - CropPadding;
            raster = raster.Then(raster.Crop(random.NextInt32((2 * CropPadding) + 1) - CropPadding, top, width, height));
        }

        if (random.NextBoolean(FlipProbability))
        {
            raster = raster.Then(raster.FlipHorizontal());
        }

        preprocessing.Normalise(raster, destination);
        raster.Return();
        if (random.NextBoolean(ErasingProbability) && RandomCrop.ChooseErased(width, height, ref random) is { } erased)
        {
            int rowLength = width * preprocessing.Channels;
            for (int y = erased.Top; y < erased.Top + erased.Height; y++)
            {
                destination.Slice((y * rowLength) + (erased.Left * preprocessing.Channels), erased.Width * preprocessing.Channels).Clear();
            }
        }
    }
}
