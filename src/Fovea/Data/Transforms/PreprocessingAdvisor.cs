namespace Fovea.Data;

/// <summary>Chooses how the images of a set become the input of a network, by looking at some of them.</summary>
public static class PreprocessingAdvisor
{
    private const int Samples = 1000;
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
    /// ImageNet.
    /// </remarks>
    /// <exception cref="UnusableDataException">An image cannot be read.</exception>
    public static (Preprocessing Preprocessing, Augmentation Augmentation) Choose(
        IImageDataset images, int height, int width, bool flip = true, Preprocessing? trained = null)
    {
        Image first = images.Load(0);
        bool fits = first.Height <= height
            && first.Width <= width
            && height - first.Height <= MaxBorder
            && width - first.Width <= MaxBorder;
        bool larger = first.Height > height && first.Width > width;
        (float[] mean, float[] deviation) = trained is null ? Measure(images) : (trained.Mean, trained.StandardDeviation);
        Preprocessing preprocessing = new()
        {
            Height = height,
            Width = width,
            Channels = 3,
            Resize = fits ? ResizeRule.None : larger ? ResizeRule.ShorterSide : ResizeRule.Exact,
            ResizeTo = larger ? Preprocessing.SideBeforeCrop(height, width) : 0,
            Interpolation = Interpolation.Bicubic,
            CenterCrop = true,
            Mean = mean,
            StandardDeviation = deviation,
        };
        Augmentation augmentation = larger
            ? new Augmentation { FlipProbability = flip ? 0.5 : 0, ResizedCrop = true, MinScale = 0.35 }
            : new Augmentation { FlipProbability = flip ? 0.5 : 0, CropPadding = Math.Max(1, Math.Min(height, width) / 16) };
        return (preprocessing, augmentation);
    }

    /// <summary>Measures mean and standard deviation of each channel, on the scale 0 to 1, over at most some thousand images.</summary>
    private static (float[] Mean, float[] Deviation) Measure(IImageDataset images)
    {
        double[] sums = new double[3];
        double[] squares = new double[3];
        long count = 0;
        int step = Math.Max(1, images.Count / Samples);
        for (int index = 0; index < images.Count; index += step)
        {
            Image image = images.Load(index);
            int channels = image.Channels;
            for (int i = 0; i < image.Pixels.Length; i += channels)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    double value = image.Pixels[i + (channels == 1 ? 0 : channel)] / 255.0;
                    sums[channel] += value;
                    squares[channel] += value * value;
                }

                count++;
            }
        }

        double[] means = [.. sums.Select(sum => sum / count)];
        double[] variances = [.. squares.Select((square, i) => Math.Max((square / count) - (means[i] * means[i]), 1e-4))];
        return ([.. means.Select(mean => (float)mean)], [.. variances.Select(variance => (float)Math.Sqrt(variance))]);
    }
}
