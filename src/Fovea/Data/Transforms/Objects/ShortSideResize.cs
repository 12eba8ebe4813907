using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Brings the short side of an image to a length, and keeps the long side below another, with the aspect ratio kept, as torchvision's
/// detectors do.
/// </summary>
/// <param name="ShortSides">Lengths in pixels; training draws one of them, evaluation takes the last.</param>
/// <param name="LongSide">The most pixels of the long side.</param>
public sealed record ShortSideResize(IReadOnlyList<int> ShortSides, int LongSide = 1333) : ISampleTransform
{
    /// <summary>The filter of the image.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>
    /// The size that an image gets: both sides times the smaller of short by short side and long by long side, which has single precision,
    /// rounded down. PyTorch divides by multiplying with the reciprocal: so 640×480 becomes 1066×800, but 333×500 becomes 799×1201.
    /// </summary>
    /// <param name="image">The image's size.</param>
    /// <param name="shortSide">Length of the short side.</param>
    /// <param name="longSide">The most pixels of the long side.</param>
    public static ImageSize SizeOf(ImageSize image, int shortSide, int longSide)
    {
        double scale = Math.Min(
            1f / Math.Min(image.Width, image.Height) * shortSide, 1f / Math.Max(image.Width, image.Height) * longSide);
        return new ImageSize(Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)));
    }

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        int shortSide = ShortSides.Count == 1 ? ShortSides[0] : ShortSides[random.NextInt32(ShortSides.Count)];
        ImageSize size = SizeOf(new ImageSize(sample.Width, sample.Height), shortSide, LongSide);
        sample.Resize(size.Width, size.Height, Interpolation);
    }
}
