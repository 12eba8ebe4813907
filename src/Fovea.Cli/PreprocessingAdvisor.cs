using Fovea.Data;

namespace Fovea.Cli;

/// <summary>Chooses how the images of a set become the input of a network, by looking at some of them.</summary>
internal static class PreprocessingAdvisor
{
    private const int Samples = 1000;
    private const int MaxBorder = 8;

    /// <summary>
    /// Images nearly as large as the input get a border; smaller ones are stretched; larger ones are resized to 256/224 of the input and cropped,
    /// as is usual on ImageNet. Mean and deviation are measured.
    /// </summary>
    /// <param name="images">The training images.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="flip">Whether training images are mirrored at random.</param>
    public static (Preprocessing Preprocessing, Augmentation Augmentation) For(IImageDataset images, int height, int width, bool flip)
    {
        Image first = images.Load(0);
        bool fits = first.Height <= height && first.Width <= width && height - first.Height <= MaxBorder && width - first.Width <= MaxBorder;
        bool larger = first.Height > height && first.Width > width;
        (float[] mean, float[] deviation) = Measure(images);
        Preprocessing preprocessing = new()
        {
            Height = height,
            Width = width,
            Channels = 3,
            Resize = fits ? ResizeRule.None : larger ? ResizeRule.ShorterSide : ResizeRule.Exact,
            ResizeTo = larger ? Math.Min(height, width) * 256 / 224 : 0,
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

        float[] mean = [.. sums.Select(sum => (float)(sum / count))];
        return (mean, [.. squares.Select((square, i) => (float)Math.Sqrt(Math.Max((square / count) - (sums[i] / count * (sums[i] / count)), 1e-4)))]);
    }
}
