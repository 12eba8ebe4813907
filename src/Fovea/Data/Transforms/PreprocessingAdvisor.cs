namespace Fovea.Data;

/// <summary>Preprocessing and augmentation chosen for a set, and why.</summary>
/// <param name="Preprocessing">Preprocessing that turns images into the network's input.</param>
/// <param name="Augmentation">Random changes to training images.</param>
public sealed record PreprocessingChoice(Preprocessing Preprocessing, Augmentation Augmentation)
{
    /// <summary>Sizes that were seen and what is done with them, as one phrase for people.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Chooses how the images of a set become the input of a network, by looking at some of them.</summary>
public static class PreprocessingAdvisor
{
    private const int MeasuredSamples = 1000;
    private const int SizedSamples = 100;
    private const int MaxBorder = 8;

    /// <summary>Chooses preprocessing and augmentation for a size of the network's input.</summary>
    /// <param name="images">Training images.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="flip">True to mirror training images at random.</param>
    /// <param name="trained">
    /// Preprocessing of weights that training begins with: they know images normalised by its mean and deviation, which are kept. Measured
    /// where null.
    /// </param>
    /// <remarks>
    /// Images nearly as large as the input get a border; smaller ones are stretched; larger ones are resized and cropped, as is usual on
    /// ImageNet. A sample that is spread over the whole set decides, most of it where sizes differ; images that cannot be read are left
    /// out.
    /// </remarks>
    /// <exception cref="UnusableDataException">No image of the sample can be read.</exception>
    public static PreprocessingChoice Choose(
        IImageDataset images, int height, int width, bool flip = true, Preprocessing? trained = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        ImageSample sample = ImageSample.Take(images, trained is null ? MeasuredSamples : SizedSamples);
        bool fits = sample.Sizes.All(size => size.Height <= height && size.Width <= width
            && height - size.Height <= MaxBorder && width - size.Width <= MaxBorder);
        bool larger = 2 * sample.Sizes.Count(size => size.Height > height && size.Width > width) > sample.Sizes.Count;
        Preprocessing preprocessing = new()
        {
            Height = height,
            Width = width,
            Channels = 3,
            Resize = fits ? ResizeRule.None : larger ? ResizeRule.ShorterSide : ResizeRule.Exact,
            ResizeTo = larger ? Preprocessing.SideBeforeCrop(height, width) : 0,
            Interpolation = Interpolation.Bicubic,
            CenterCrop = true,
            Mean = trained?.Mean ?? sample.Mean,
            StandardDeviation = trained?.StandardDeviation ?? sample.StandardDeviation,
        };
        Augmentation augmentation = larger
            ? new Augmentation { FlipProbability = flip ? 0.5 : 0, ResizedCrop = true, MinScale = 0.35 }
            : new Augmentation { FlipProbability = flip ? 0.5 : 0, CropPadding = Math.Max(1, Math.Min(height, width) / 16) };
        string done = fits ? $"given a border up to {height}×{width}"
            : larger ? $"resized to a shorter side of {preprocessing.ResizeTo} and cropped to {height}×{width}"
            : $"stretched to {height}×{width}";
        return new PreprocessingChoice(preprocessing, augmentation) { Reason = $"{sample.Range} (rows × columns), {done}" };
    }
}
