using Fovea.Data;

namespace Fovea.Explanations;

/// <summary>An image as the network is given it, and the part of the image that this is.</summary>
/// <param name="Values">Prepared values (H, W, C).</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Region">Part of the image, in its pixels.</param>
internal sealed record ExplainedInput(float[] Values, int Height, int Width, ImageRegion Region)
{
    /// <summary>Prepares an image.</summary>
    /// <param name="preprocessing">Preprocessing that turns images into the network's input.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public static ExplainedInput Of(Preprocessing preprocessing, Image image)
    {
        float[] values = new float[preprocessing.Length];
        preprocessing.Apply(image, values);
        return new ExplainedInput(values, preprocessing.Height, preprocessing.Width, RegionOf(preprocessing, image));
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
