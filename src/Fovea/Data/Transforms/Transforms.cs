namespace Fovea.Data;

/// <summary>Transforms of whole images; each gives a new image and leaves its input as it was.</summary>
internal static class Transforms
{
    /// <summary>Resizes with an antialiasing filter; equal to Pillow's <c>Image.resize</c> to the bit.</summary>
    /// <param name="image">The image.</param>
    /// <param name="width">The new width.</param>
    /// <param name="height">The new height.</param>
    /// <param name="interpolation">The filter.</param>
    public static Image Resize(Image image, int width, int height, Interpolation interpolation = Interpolation.Bilinear)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return Apply(image, pixels => pixels.Resize(width, height, interpolation));
    }

    /// <summary>A window of an image; black where it reaches beyond the image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="left">The window's first column, possibly negative.</param>
    /// <param name="top">The window's first row, possibly negative.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public static Image Crop(Image image, int left, int top, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return Apply(image, pixels => pixels.Crop(left, top, width, height));
    }

    /// <summary>The window in the middle, where torchvision's <c>CenterCrop</c> puts it; a smaller image gets black borders.</summary>
    /// <param name="image">The image.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public static Image CenterCrop(Image image, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return Apply(image, pixels => pixels.CenterCrop(width, height));
    }

    /// <summary>Mirror image, left to right.</summary>
    /// <param name="image">The image.</param>
    public static Image FlipHorizontal(Image image) => Apply(image, pixels => pixels.FlipHorizontal());

    /// <summary>Converts to one channel with ITU-R 601's luma, as Pillow's <c>convert("L")</c> does.</summary>
    /// <param name="image">The image.</param>
    public static Image ToGrey(Image image) => Apply(image, pixels => pixels.ToGrey());

    private static Image Apply(Image image, Func<PixelBuffer, PixelBuffer> transform)
    {
        ArgumentNullException.ThrowIfNull(image);
        using PixelBuffer result = transform(PixelBuffer.Of(image));
        return result.ToImage();
    }
}
