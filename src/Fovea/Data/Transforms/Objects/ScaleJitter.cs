using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Large-scale jitter (Ghiasi et al., Simple Copy-Paste, section 3): fits an image into a square times a random scale, then cuts a window
/// of the square's size, beyond whose image it is black.
/// </summary>
/// <param name="Side">Side of the square in pixels.</param>
public sealed record ScaleJitter(int Side = 1024) : ISampleTransform
{
    /// <summary>The smallest scale.</summary>
    public double MinScale { get; init; } = 0.1;

    /// <summary>The largest scale.</summary>
    public double MaxScale { get; init; } = 2;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        double scale = random.NextDouble(MinScale, MaxScale) * Side / Math.Max(sample.Width, sample.Height);
        int width = Math.Max(1, (int)Math.Round(sample.Width * scale));
        int height = Math.Max(1, (int)Math.Round(sample.Height * scale));
        sample.Resize(width, height);
        int left = random.NextInt32(Math.Max(0, width - Side) + 1);
        int top = random.NextInt32(Math.Max(0, height - Side) + 1);
        ObjectCrop.Cut(sample, left, top, Side, Side);
    }
}
