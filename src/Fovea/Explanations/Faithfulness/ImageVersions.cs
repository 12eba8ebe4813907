using Fovea.Data;

namespace Fovea.Explanations;

/// <summary>An image prepared for the network (H, W, C): as it is, blurred, and in the mean colour alone.</summary>
internal sealed class ImageVersions
{
    /// <summary>Prepares an image.</summary>
    /// <param name="preprocessing">Preprocessing of the network.</param>
    /// <param name="image">The image.</param>
    /// <param name="radius">Standard deviation of the blur, in pixels of the network's input.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public ImageVersions(Preprocessing preprocessing, Image image, double radius)
    {
        (Whole, Blurred, Blank) = (new float[preprocessing.Length], new float[preprocessing.Length], new float[preprocessing.Length]);
        using PixelBuffer pixels = preprocessing.Fit(image);
        using PixelBuffer blurred = GaussianBlurring.Blur(pixels, radius);
        preprocessing.Normalize(pixels, Whole);
        preprocessing.Normalize(blurred, Blurred);
    }

    /// <summary>The image as it is.</summary>
    public float[] Whole { get; }

    /// <summary>The blurred image.</summary>
    public float[] Blurred { get; }

    /// <summary>The mean colour, which normalisation makes 0.</summary>
    public float[] Blank { get; }
}
