using SkiaSharp;

namespace Fovea.Data;

/// <summary>Encodes images as PNG files of 8 bits a sample, grey or RGB.</summary>
public static class PngEncoder
{
    /// <summary>Encodes an image.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The whole file.</returns>
    public static unsafe byte[] Encode(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        bool grey = image.Channels == 1;
        SKImageInfo info = new(
            image.Width, image.Height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque);
        byte[] pixels = grey ? image.Pixels : PixelWidths.AddAlpha(image.Pixels);
        fixed (byte* first = pixels)
        {
            using SKPixmap pixmap = new(info, (nint)first, info.RowBytes);
            using SKData data = pixmap.Encode(SKPngEncoderOptions.Default)
                ?? throw new InvalidOperationException($"An image of {image.Width}×{image.Height} pixels cannot be encoded.");
            return data.ToArray();
        }
    }
}
