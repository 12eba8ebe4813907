using Fovea.Data;
using SkiaSharp;

namespace Fovea.Drawing;

/// <summary>Conversion between images and SkiaSharp's pixels.</summary>
internal static unsafe class SkiaPixels
{
    /// <summary>Copies an image for SkiaSharp.</summary>
    /// <param name="image">The image.</param>
    public static SKImage ToSkia(Image image)
    {
        bool grey = image.Channels == 1;
        SKImageInfo info = new(image.Width, image.Height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque);
        fixed (byte* pixels = grey ? image.Pixels : PixelWidths.AddAlpha(image.Pixels))
        {
            return SKImage.FromPixelCopy(info, (nint)pixels, info.RowBytes);
        }
    }

    /// <summary>Copies opaque pixels of four bytes into an image of three channels.</summary>
    /// <param name="pixels">Red, green, blue, alpha of each pixel.</param>
    public static Image ToImage(SKPixmap pixels)
    {
        byte[] result = GC.AllocateUninitializedArray<byte>(pixels.Width * pixels.Height * 3);
        for (int y = 0; y < pixels.Height; y++)
        {
            ReadOnlySpan<byte> row = new((byte*)pixels.GetPixels() + ((long)y * pixels.RowBytes), pixels.Width * 4);
            PixelWidths.DropAlpha(row, result.AsSpan(y * pixels.Width * 3, pixels.Width * 3));
        }

        return new Image(pixels.Width, pixels.Height, 3, result);
    }
}
