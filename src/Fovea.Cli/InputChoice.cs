using Fovea.Data;

namespace Fovea.Cli;

/// <summary>Chooses how the pictures of a set become the input of a network, by looking at some of them.</summary>
internal static class InputChoice
{
    private const int Samples = 1000;
    private const int MostBorder = 8;

    /// <summary>
    /// Pictures nearly as large as the input get a border; smaller ones are stretched; larger ones are resized to 256/224 of the input and cropped,
    /// as is usual on ImageNet. Mean and deviation are measured.
    /// </summary>
    /// <param name="pictures">The training pictures.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="flip">Whether training pictures are mirrored at random.</param>
    public static (Preprocessing Preprocessing, Augmentation Augmentation) For(IPictureDataset pictures, int height, int width, bool flip)
    {
        Picture first = pictures.Load(0);
        bool fits = first.Height <= height && first.Width <= width && height - first.Height <= MostBorder && width - first.Width <= MostBorder;
        bool larger = first.Height > height && first.Width > width;
        (float[] mean, float[] deviation) = Measure(pictures);
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
            ? new Augmentation { FlipProbability = flip ? 0.5 : 0, ResizedCrop = true, MinimumScale = 0.35 }
            : new Augmentation { FlipProbability = flip ? 0.5 : 0, CropPadding = Math.Max(1, Math.Min(height, width) / 16) };
        return (preprocessing, augmentation);
    }

    private static (float[] Mean, float[] Deviation) Measure(IPictureDataset pictures)
    {
        double[] sums = new double[3];
        double[] squares = new double[3];
        long count = 0;
        int step = Math.Max(1, pictures.Count / Samples);
        for (int index = 0; index < pictures.Count; index += step)
        {
            Picture picture = pictures.Load(index);
            int channels = picture.Channels;
            for (int i = 0; i < picture.Pixels.Length; i += channels)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    double value = picture.Pixels[i + (channels == 1 ? 0 : channel)] / 255.0;
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
