namespace Fovea.Data;

/// <summary>A decoded image: 8 bits a value, channels last, rows from top to bottom without padding.</summary>
/// <remarks>Images are shared between threads and caches: nobody writes into <see cref="Pixels"/> once the image exists.</remarks>
public sealed class Image
{
    /// <summary>The widest or highest image that is decoded, in pixels.</summary>
    public const int MaxSide = 32768;

    /// <summary>The most pixels that an image may have; more are refused before any memory is taken for them.</summary>
    public const long MaxPixels = 1L << 26;

    /// <summary>Wraps pixels, without copying them.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="channels">1 (grey) or 3 (red, green, blue).</param>
    /// <param name="pixels">The values, [height, width, channels].</param>
    /// <exception cref="ArgumentException">The sizes are not positive, or do not agree with the number of values.</exception>
    public Image(int width, int height, int channels, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (channels is not (1 or 3))
        {
            throw new ArgumentException($"An image has 1 or 3 channels, not {channels}.", nameof(channels));
        }

        if (pixels.LongLength != (long)width * height * channels)
        {
            throw new ArgumentException(
                $"An image of {width}×{height} with {channels} channels has {(long)width * height * channels} values, "
                + $"but {pixels.Length} were given.",
                nameof(pixels));
        }

        (Width, Height, Channels, Pixels) = (width, height, channels, pixels);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>1 (grey) or 3 (red, green, blue).</summary>
    public int Channels { get; }

    /// <summary>The values, [height, width, channels].</summary>
    public byte[] Pixels { get; }

    /// <summary>Refuses sizes that no honest image has, before memory is taken for them.</summary>
    /// <param name="name">The image's file, for the message.</param>
    /// <param name="width">The width that the file announces.</param>
    /// <param name="height">The height that the file announces.</param>
    /// <exception cref="InvalidImageException">The size is zero or beyond <see cref="MaxSide"/> or <see cref="MaxPixels"/>.</exception>
    internal static void CheckSize(string name, long width, long height)
    {
        if (width <= 0 || height <= 0)
        {
            throw new InvalidImageException(name, $"the file announces a size of {width}×{height} pixels, so it is damaged.");
        }

        if (width > MaxSide || height > MaxSide || width * height > MaxPixels)
        {
            throw new InvalidImageException(
                name,
                $"the file announces a size of {width}×{height} pixels; "
                + $"at most {MaxSide} a side and {MaxPixels} in all are read. Make it smaller first.");
        }
    }
}
