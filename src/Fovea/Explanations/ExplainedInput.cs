using Fovea.Data;

namespace Fovea.Explanations;

/// <summary>An image as the network is given it, and the part of the image that this is.</summary>
/// <param name="Values">Prepared values (H, W, C).</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Region">Part of the image, in its pixels.</param>
internal sealed record ExplainedInput(float[] Values, int Height, int Width, ImageRegion Region)
{
    /// <summary>Rows without those that were added below to fill up a multiple.</summary>
    public int ImageHeight { get; init; } = Height;

    /// <summary>Columns without those that were added at the right.</summary>
    public int ImageWidth { get; init; } = Width;

    /// <summary>Part of the image without what was added to fill up a multiple.</summary>
    public ImageRegion Seen => Region with
    {
        Right = Region.Left + ((Region.Right - Region.Left) * ImageWidth / Width),
        Bottom = Region.Top + ((Region.Bottom - Region.Top) * ImageHeight / Height),
    };

    /// <summary>Prepares an image for a network of one size.</summary>
    /// <param name="preprocessing">Preprocessing that turns images into the network's input.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public static ExplainedInput Of(Preprocessing preprocessing, Image image)
    {
        float[] values = new float[preprocessing.Length];
        preprocessing.Apply(image, values);
        return new ExplainedInput(values, preprocessing.Height, preprocessing.Width, RegionOf(preprocessing, image));
    }

    /// <summary>Prepares an image for a network of a dense task: it keeps its proportions, and is padded right and below.</summary>
    /// <inheritdoc cref="Of"/>
    public static ExplainedInput OfAnySize(Preprocessing preprocessing, Image image)
    {
        using PreparedImage prepared = new(preprocessing, image);
        (double across, double down) =
            ((double)prepared.OriginalWidth / prepared.Width, (double)prepared.OriginalHeight / prepared.Height);
        ImageRegion region = new(0, 0, prepared.PaddedWidth * across, prepared.PaddedHeight * down);
        return new ExplainedInput(prepared.Values.ToArray(), prepared.PaddedHeight, prepared.PaddedWidth, region)
        {
            ImageHeight = prepared.Height,
            ImageWidth = prepared.Width,
        };
    }

    /// <summary>Part of an image that resize and centre crop leave, in pixels of the image.</summary>
    private static ImageRegion RegionOf(Preprocessing preprocessing, Image image)
    {
        (int width, int height) = preprocessing.FittedSize(image.Width, image.Height);
        double left = PixelBuffer.Middle(width, preprocessing.Width);
        double top = PixelBuffer.Middle(height, preprocessing.Height);
        (double across, double down) = ((double)image.Width / width, (double)image.Height / height);
        return new ImageRegion(
            left * across, top * down, (left + preprocessing.Width) * across, (top + preprocessing.Height) * down);
    }
}
