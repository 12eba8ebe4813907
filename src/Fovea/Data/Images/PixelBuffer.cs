using System.Buffers;

namespace Fovea.Data;

/// <summary>Pixels on their way through a chain of transforms, in rented memory, so that preparing an image allocates nothing.</summary>
/// <remarks>Each transform gives a new raster; <see cref="Then"/> returns the old one's memory.</remarks>
internal readonly struct PixelBuffer
{
    private readonly byte[] _pixels;
    private readonly bool _rented;

    private PixelBuffer(byte[] pixels, bool rented, int width, int height, int channels) =>
        (_pixels, _rented, Width, Height, Channels) = (pixels, rented, width, height, channels);

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>1 or 3.</summary>
    public int Channels { get; }

    /// <summary>The values, [height, width, channels].</summary>
    public ReadOnlySpan<byte> Pixels => _pixels.AsSpan(0, Width * Height * Channels);

    /// <summary>An image's own pixels, which no transform writes into.</summary>
    /// <param name="image">The image.</param>
    public static PixelBuffer Of(Image image) => new(image.Pixels, false, image.Width, image.Height, image.Channels);

    /// <summary>Gives this raster's memory back, in favour of the one made from it.</summary>
    /// <param name="next">The raster that was made from this one.</param>
    public PixelBuffer Then(PixelBuffer next)
    {
        if (!ReferenceEquals(next._pixels, _pixels))
        {
            Return();
        }

        return next;
    }

    /// <summary>Gives the memory back.</summary>
    public void Return()
    {
        if (_rented)
        {
            ArrayPool<byte>.Shared.Return(_pixels);
        }
    }

    /// <summary>An image of its own with these pixels.</summary>
    public Image ToImage() => new(Width, Height, Channels, Pixels.ToArray());

    /// <summary>The image at another size, as <see cref="Resampling"/> defines it.</summary>
    /// <param name="width">The new width.</param>
    /// <param name="height">The new height.</param>
    /// <param name="interpolation">The filter.</param>
    public PixelBuffer Resize(int width, int height, Interpolation interpolation)
    {
        if (width == Width && height == Height)
        {
            return this;
        }

        var result = Rent(width, height, Channels);
        Resampling.Resize(Pixels, Width, Height, Channels, result._pixels, width, height, interpolation);
        return result;
    }

    /// <summary>A window of the image; where it reaches beyond the image it is black.</summary>
    /// <param name="left">The window's first column, possibly negative.</param>
    /// <param name="top">The window's first row, possibly negative.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public PixelBuffer Crop(int left, int top, int width, int height)
    {
        if (left == 0 && top == 0 && width == Width && height == Height)
        {
            return this;
        }

        var result = Rent(width, height, Channels);
        var pixels = result._pixels.AsSpan(0, width * height * Channels);
        pixels.Clear();
        int firstX = Math.Max(0, -left);
        int lastX = Math.Min(width, Width - left);
        int lastY = Math.Min(height, Height - top);
        for (int y = Math.Max(0, -top); y < lastY && firstX < lastX; y++)
        {
            Pixels.Slice((((y + top) * Width) + left + firstX) * Channels, (lastX - firstX) * Channels)
                .CopyTo(pixels[(((y * width) + firstX) * Channels)..]);
        }

        return result;
    }

    /// <summary>The window in the middle, where torchvision's <c>CenterCrop</c> puts it; a smaller image gets black borders.</summary>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public PixelBuffer CenterCrop(int width, int height) => Crop(Middle(Width, width), Middle(Height, height), width, height);

    /// <summary>The image mirrored left to right.</summary>
    public PixelBuffer FlipHorizontal()
    {
        var result = Rent(Width, Height, Channels);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                Pixels.Slice(((y * Width) + x) * Channels, Channels)
                    .CopyTo(result._pixels.AsSpan(((y * Width) + Width - 1 - x) * Channels));
            }
        }

        return result;
    }

    /// <summary>The image in one channel: (19595 R + 38470 G + 7471 B) / 65536, rounded, which is ITU-R 601's luma as Pillow computes it.</summary>
    public PixelBuffer ToGrey()
    {
        if (Channels == 1)
        {
            return this;
        }

        var result = Rent(Width, Height, 1);
        var pixels = Pixels;
        for (int i = 0; i < Width * Height; i++)
        {
            result._pixels[i] = (byte)(((pixels[3 * i] * 19595) + (pixels[(3 * i) + 1] * 38470) + (pixels[(3 * i) + 2] * 7471) + 0x8000) >> 16);
        }

        return result;
    }

    private static PixelBuffer Rent(int width, int height, int channels) =>
        new(ArrayPool<byte>.Shared.Rent(width * height * channels), true, width, height, channels);

    private static int Middle(int length, int window) =>
        window > length ? -((window - length) / 2) : (int)Math.Round((length - window) / 2.0, MidpointRounding.ToEven);
}
