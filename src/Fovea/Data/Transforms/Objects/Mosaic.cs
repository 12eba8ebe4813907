using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Puts four images around a random point of a square of twice the side, each fitted into the side (Bochkovskiy et al., YOLOv4, section
/// 3.3). What they leave open is black. A smaller image again is for the transforms that follow.
/// </summary>
/// <param name="Others">The set that the other three images are drawn from.</param>
/// <param name="Side">Side in pixels that each image is fitted into.</param>
public sealed record Mosaic(IInstanceDataset Others, int Side = 640) : ISampleTransform
{
    /// <summary>Probability that an image becomes a mosaic at all.</summary>
    public double Probability { get; init; } = 1;

    /// <inheritdoc/>
    /// <exception cref="InvalidImageException">One of the other images cannot be read.</exception>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (!random.NextBoolean(Probability))
        {
            return;
        }

        int x = (int)(random.NextDouble(0.5, 1.5) * Side);
        int y = (int)(random.NextDouble(0.5, 1.5) * Side);
        Place(sample, x, y, isRight: false, isBelow: false);
        for (int quarter = 1; quarter < 4; quarter++)
        {
            int index = random.NextInt32(Others.Count);
            (bool isRight, bool isBelow) = (quarter % 2 == 1, quarter >= 2);
            using Sample other = new();
            other.Start(Others.Load(index), index);
            Others.Describe(index, other);
            Place(other, x, y, isRight, isBelow);
            Copy(other, sample, x, y, isRight, isBelow);
        }
    }

    /// <summary>Fits an image into a quarter, on a square that is black elsewhere.</summary>
    private void Place(Sample sample, int x, int y, bool isRight, bool isBelow)
    {
        double scale = (double)Side / Math.Max(sample.Width, sample.Height);
        int width = Math.Max(1, (int)(sample.Width * scale));
        int height = Math.Max(1, (int)(sample.Height * scale));
        sample.Recolor(sample.Buffer.ToColor());
        sample.Resize(width, height);
        ObjectCrop.Cut(sample, isRight ? -x : width - x, isBelow ? -y : height - y, 2 * Side, 2 * Side);
    }

    private void Copy(Sample from, Sample to, int x, int y, bool isRight, bool isBelow)
    {
        (int left, int right) = isRight ? (x, 2 * Side) : (0, x);
        (int top, int bottom) = isBelow ? (y, 2 * Side) : (0, y);
        Span<byte> pixels = to.WritablePixels();
        for (int row = top; row < bottom; row++)
        {
            int start = ((row * 2 * Side) + left) * 3;
            from.Pixels.Slice(start, (right - left) * 3).CopyTo(pixels[start..]);
        }

        foreach (Instance one in from.Instances)
        {
            to.Instances.Add(one);
        }
    }
}
