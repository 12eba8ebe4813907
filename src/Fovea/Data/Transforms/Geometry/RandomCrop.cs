using Fovea.Engine;

namespace Fovea.Data;

/// <summary>A window of an image.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct RandomCrop(int Left, int Top, int Width, int Height)
{
    private const int Attempts = 10;

    /// <summary>
    /// A window of random area and shape, as torchvision's <c>RandomResizedCrop</c> chooses it: ten attempts at an area uniform in the
    /// scale's range and an aspect ratio whose logarithm is uniform; when none fits, the largest middle window with an aspect ratio in
    /// range.
    /// </summary>
    /// <param name="width">The image's width.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="options">The ranges of area and aspect ratio.</param>
    /// <param name="random">The draws.</param>
    public static RandomCrop Choose(int width, int height, RandomResizedCrop options, ref KeyedRandom random)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = (double)width * height * random.NextDouble(options.MinScale, options.MaxScale);
            double ratio = Math.Exp(random.NextDouble(Math.Log(options.MinRatio), Math.Log(options.MaxRatio)));
            int w = Round(Math.Sqrt(area * ratio));
            int h = Round(Math.Sqrt(area / ratio));
            if (w > 0 && h > 0 && w <= width && h <= height)
            {
                int top = random.NextInt32(height - h + 1);
                return new RandomCrop(random.NextInt32(width - w + 1), top, w, h);
            }
        }

        double whole = (double)width / height;
        (int middleWidth, int middleHeight) = whole < options.MinRatio ? (width, Round(width / options.MinRatio))
            : whole > options.MaxRatio ? (Round(height * options.MaxRatio), height)
            : (width, height);
        (middleWidth, middleHeight) = (Math.Clamp(middleWidth, 1, width), Math.Clamp(middleHeight, 1, height));
        return new RandomCrop((width - middleWidth) / 2, (height - middleHeight) / 2, middleWidth, middleHeight);
    }

    /// <summary>A window to erase, as timm's <c>RandomErasing</c> chooses it; null when ten attempts fail.</summary>
    /// <param name="width">The image's width.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="options">The ranges of area and aspect ratio.</param>
    /// <param name="count">Number of windows that share the area.</param>
    /// <param name="random">The draws.</param>
    public static RandomCrop? ChooseErased(int width, int height, RandomErasing options, int count, ref KeyedRandom random)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = (double)width * height * random.NextDouble(options.MinArea, options.MaxArea) / count;
            double ratio = Math.Exp(random.NextDouble(Math.Log(options.MinRatio), Math.Log(options.MaxRatio)));
            int w = Round(Math.Sqrt(area / ratio));
            int h = Round(Math.Sqrt(area * ratio));
            if (w > 0 && h > 0 && w < width && h < height)
            {
                int top = random.NextInt32(height - h + 1);
                return new RandomCrop(random.NextInt32(width - w + 1), top, w, h);
            }
        }

        return null;
    }

    private static int Round(double value) => (int)Math.Round(value, MidpointRounding.ToEven);
}
