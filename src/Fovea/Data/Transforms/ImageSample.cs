namespace Fovea.Data;

/// <summary>Sizes and colours of some images of a set.</summary>
internal sealed class ImageSample
{
    private const double MinVariance = 1e-4;
    private readonly double[] _sums = new double[3];
    private readonly double[] _squares = new double[3];
    private readonly List<(int Height, int Width)> _sizes = [];
    private long _pixels;

    private ImageSample()
    {
    }

    /// <summary>Size of each image.</summary>
    public IReadOnlyList<(int Height, int Width)> Sizes => _sizes;

    /// <summary>Mean of each channel, on the scale 0 to 1.</summary>
    public float[] Mean => [.. _sums.Select(sum => (float)(sum / _pixels))];

    /// <summary>Standard deviation of each channel, on the scale 0 to 1.</summary>
    public float[] StandardDeviation =>
    [
        .. _squares.Select((square, i) =>
            (float)Math.Sqrt(Math.Max((square / _pixels) - (_sums[i] / _pixels * (_sums[i] / _pixels)), MinVariance))),
    ];

    /// <summary>The sizes as one phrase: that of all, or the smallest and the largest.</summary>
    public string Range
    {
        get
        {
            (int Height, int Width)[] ordered = [.. _sizes.OrderBy(size => (long)size.Height * size.Width)];
            return ordered[0] == ordered[^1]
                ? $"{ordered[0].Height}×{ordered[0].Width}"
                : $"{ordered[0].Height}×{ordered[0].Width} to {ordered[^1].Height}×{ordered[^1].Width}";
        }
    }

    /// <summary>Looks at images spread evenly over a set; those that cannot be read are left out.</summary>
    /// <param name="images">The set.</param>
    /// <param name="most">Number of images to look at, at most about twice as many are.</param>
    /// <exception cref="UnusableDataException">None of them can be read.</exception>
    public static ImageSample Take(IImageDataset images, int most)
    {
        ImageSample sample = new();
        InvalidImageException? failure = null;
        int step = Math.Max(1, images.Count / most);
        for (int index = 0; index < images.Count; index += step)
        {
            try
            {
                sample.Add(images.Load(index));
            }
            catch (InvalidImageException error)
            {
                failure ??= error;
            }
        }

        return sample.Sizes.Count > 0 ? sample : throw failure ?? new UnusableDataException("The set has no images.");
    }

    private void Add(Image image)
    {
        _sizes.Add((image.Height, image.Width));
        int channels = image.Channels;
        for (int i = 0; i < image.Pixels.Length; i += channels)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                double value = image.Pixels[i + (channels == 1 ? 0 : channel)] / 255.0;
                _sums[channel] += value;
                _squares[channel] += value * value;
            }
        }

        _pixels += image.Pixels.Length / channels;
    }
}
