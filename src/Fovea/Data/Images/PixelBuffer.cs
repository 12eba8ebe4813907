using System.Buffers;

namespace Fovea.Data;

/// <summary>Pixels between two transforms, in rented memory, so that preparing an image allocates nothing.</summary>
/// <remarks>Each transform gives a new buffer; <see cref="ReplaceBy"/> returns the memory of the old one.</remarks>
internal readonly partial struct PixelBuffer : IDisposable
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

    /// <summary>The next buffer of a chain, after this one's memory was returned.</summary>
    /// <param name="next">A buffer that was made from this one, or this one itself.</param>
    public PixelBuffer ReplaceBy(PixelBuffer next)
    {
        if (!ReferenceEquals(next._pixels, _pixels))
        {
            Dispose();
        }

        return next;
    }

    /// <summary>Returns the memory; the pixels of an image stay as they are.</summary>
    public void Dispose()
    {
        if (_rented)
        {
            ArrayPool<byte>.Shared.Return(_pixels);
        }
    }

    /// <summary>Values that may be written to: a buffer over an image is copied first.</summary>
    /// <param name="writable">The buffer to go on with; it takes the place of this one.</param>
    public Span<byte> Writable(out PixelBuffer writable)
    {
        writable = this;
        if (!_rented)
        {
            writable = Rent(Width, Height, Channels);
            Pixels.CopyTo(writable._pixels);
        }

        return writable._pixels.AsSpan(0, Width * Height * Channels);
    }

    /// <summary>An image of its own with these pixels.</summary>
    public Image ToImage() => new(Width, Height, Channels, Pixels.ToArray());

    /// <summary>A window of the image.</summary>
    /// <param name="left">The window's first column, possibly negative.</param>
    /// <param name="top">The window's first row, possibly negative.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    /// <param name="outside">The value of pixels beyond the image.</param>
    public PixelBuffer Crop(int left, int top, int width, int height, byte outside = 0)
    {
        if (left == 0 && top == 0 && width == Width && height == Height)
        {
            return this;
        }

        PixelBuffer result = Rent(width, height, Channels);
        Span<byte> pixels = result._pixels.AsSpan(0, width * height * Channels);
        pixels.Fill(outside);
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

    /// <summary>A window of the image, beyond whose border its mirror image lies, the pixels at the border not doubled.</summary>
    /// <param name="left">The window's first column, possibly negative.</param>
    /// <param name="top">The window's first row, possibly negative.</param>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public PixelBuffer CropReflected(int left, int top, int width, int height)
    {
        PixelBuffer result = Rent(width, height, Channels);
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> row = Pixels.Slice(Reflect(top + y, Height) * Width * Channels, Width * Channels);
            Span<byte> output = result._pixels.AsSpan(y * width * Channels, width * Channels);
            for (int x = 0; x < width; x++)
            {
                row.Slice(Reflect(left + x, Width) * Channels, Channels).CopyTo(output[(x * Channels)..]);
            }
        }

        return result;
    }

    /// <summary>The window in the middle, where torchvision's <c>CenterCrop</c> puts it; a smaller image gets black borders.</summary>
    /// <param name="width">The window's width.</param>
    /// <param name="height">The window's height.</param>
    public PixelBuffer CenterCrop(int width, int height) => Crop(Middle(Width, width), Middle(Height, height), width, height);

    /// <summary>First pixel of a window in the middle; negative where the window is longer.</summary>
    /// <param name="length">Pixels along the axis.</param>
    /// <param name="window">Pixels of the window.</param>
    public static int Middle(int length, int window) =>
        window > length ? -((window - length) / 2) : (int)Math.Round((length - window) / 2.0, MidpointRounding.ToEven);

    /// <summary>The image mirrored left to right.</summary>
    public PixelBuffer FlipHorizontal()
    {
        PixelBuffer result = Rent(Width, Height, Channels);
        int rowBytes = Width * Channels;
        for (int y = 0; y < Height; y++)
        {
            ReadOnlySpan<byte> row = Pixels.Slice(y * rowBytes, rowBytes);
            Span<byte> mirrored = result._pixels.AsSpan(y * rowBytes, rowBytes);
            if (Channels == 1)
            {
                row.CopyTo(mirrored);
                mirrored.Reverse();
                continue;
            }

            for (int from = 0, to = rowBytes - 3; to >= 0; from += 3, to -= 3)
            {
                (mirrored[to], mirrored[to + 1], mirrored[to + 2]) = (row[from], row[from + 1], row[from + 2]);
            }
        }

        return result;
    }

    /// <summary>The image seen through a map, at the same size, as <see cref="Warping"/> defines it.</summary>
    /// <param name="map">The map.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="fill">Colour of what lies outside this image; one that is not grey makes a grey image a colour one.</param>
    public PixelBuffer Warp(in AffineMap map, Interpolation interpolation, Rgb fill)
    {
        if (Channels == 1 && !fill.IsGrey)
        {
            using PixelBuffer colour = ToColor();
            return colour.Warp(map, interpolation, fill);
        }

        PixelBuffer result = Rent(Width, Height, Channels);
        Span<byte> pixels = result.Writable(out _);
        if (Channels == 1)
        {
            pixels.Fill(fill.Red);
        }
        else
        {
            for (int i = 0; i < pixels.Length; i += 3)
            {
                (pixels[i], pixels[i + 1], pixels[i + 2]) = (fill.Red, fill.Green, fill.Blue);
            }
        }

        Warping.Warp(Pixels, Width, Height, Channels, pixels, map, interpolation);
        return result;
    }

    /// <summary>The pixels set upright.</summary>
    /// <param name="orientation">How they are stored.</param>
    public PixelBuffer Turn(ImageOrientation orientation)
    {
        if (orientation == ImageOrientation.Upright)
        {
            return this;
        }

        PixelBuffer result = orientation.SwapsSides() ? Rent(Height, Width, Channels) : Rent(Width, Height, Channels);
        Orientations.Turn(Pixels, Width, Height, Channels, orientation, result._pixels);
        return result;
    }

    /// <summary>ITU-R 601's luma as Pillow computes it: (19595 R + 38470 G + 7471 B) / 65536, rounded.</summary>
    /// <param name="pixel">Red, green, blue.</param>
    public static byte Luma(ReadOnlySpan<byte> pixel) =>
        (byte)(((pixel[0] * 19595) + (pixel[1] * 38470) + (pixel[2] * 7471) + 0x8000) >> 16);

    /// <summary>The image in one channel: the <see cref="Luma"/> of its pixels.</summary>
    public PixelBuffer ToGrey()
    {
        if (Channels == 1)
        {
            return this;
        }

        PixelBuffer result = Rent(Width, Height, 1);
        ReadOnlySpan<byte> pixels = Pixels;
        for (int i = 0; i < Width * Height; i++)
        {
            result._pixels[i] = Luma(pixels.Slice(3 * i, 3));
        }

        return result;
    }

    /// <summary>The image in three channels, grey repeated.</summary>
    public PixelBuffer ToColor()
    {
        if (Channels == 3)
        {
            return this;
        }

        PixelBuffer result = Rent(Width, Height, 3);
        ReadOnlySpan<byte> pixels = Pixels;
        for (int i = 0; i < pixels.Length; i++)
        {
            result._pixels.AsSpan(3 * i, 3).Fill(pixels[i]);
        }

        return result;
    }

    /// <summary>A buffer in rented memory; its values are not set.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="channels">1 or 3.</param>
    public static PixelBuffer Rent(int width, int height, int channels) =>
        new(ArrayPool<byte>.Shared.Rent(width * height * channels), true, width, height, channels);

    /// <summary>The position inside an axis that a position beyond its ends is the mirror image of.</summary>
    private static int Reflect(int position, int length)
    {
        if ((uint)position < (uint)length || length == 1)
        {
            return length == 1 ? 0 : position;
        }

        int period = 2 * (length - 1);
        int folded = ((position % period) + period) % period;
        return Math.Min(folded, period - folded);
    }
}
