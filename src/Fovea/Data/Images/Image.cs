namespace Fovea.Data;

/// <summary>A decoded image: 8 bits a value, channels last, rows from top to bottom without padding.</summary>
/// <remarks>Images are shared between threads and caches: nobody writes into <see cref="Pixels"/> once the image exists.</remarks>
public sealed class Image
{
    /// <summary>The widest or highest image that is decoded, in pixels.</summary>
    public const int MaxSide = 65535;

    /// <summary>The highest value of <see cref="MaxPixels"/>: four bytes a pixel are addressed by 31 bits.</summary>
    public const long LargestMaxPixels = int.MaxValue / 4;

    // Beyond this size an image must bring data to match: each honest one has far more than a byte for a thousand pixels.
    private const long MaxEmptyPixels = 1L << 26;
    private const int MaxPixelsPerByte = 1000;

    private static long _maxPixels = 200_000_000;

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

    /// <summary>
    /// Most pixels that an image may have, for the whole process; more are refused before any memory is taken for them. The default is
    /// 200 million.
    /// </summary>
    /// <remarks>Decoding takes up to 7 bytes a pixel for a moment, and 1 or 3 afterwards.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive, or above <see cref="LargestMaxPixels"/>.</exception>
    public static long MaxPixels
    {
        get => Interlocked.Read(ref _maxPixels);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, LargestMaxPixels);
            Interlocked.Exchange(ref _maxPixels, value);
        }
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>1 (grey) or 3 (red, green, blue).</summary>
    public int Channels { get; }

    /// <summary>The values, [height, width, channels].</summary>
    public byte[] Pixels { get; }

    /// <summary>
    /// Orientation in which the file stored the pixels, which are upright here; <see cref="Preprocessing.ApplyOrientation"/> may take them
    /// as they were stored.
    /// </summary>
    public ImageOrientation StoredAs { get; init; } = ImageOrientation.Upright;

    /// <summary>The image set upright.</summary>
    /// <param name="orientation">How these pixels are stored.</param>
    internal Image ToUpright(ImageOrientation orientation)
    {
        if (orientation == ImageOrientation.Upright)
        {
            return this;
        }

        byte[] pixels = GC.AllocateUninitializedArray<byte>(Pixels.Length);
        Orientations.Turn(Pixels, Width, Height, Channels, orientation, pixels);
        (int width, int height) = orientation.SwapsSides() ? (Height, Width) : (Width, Height);
        return new Image(width, height, Channels, pixels) { StoredAs = orientation };
    }

    /// <summary>The image in one channel, where all three are the same.</summary>
    internal Image FirstChannel()
    {
        if (Channels == 1)
        {
            return this;
        }

        byte[] pixels = GC.AllocateUninitializedArray<byte>(Width * Height);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Pixels[3 * i];
        }

        return new Image(Width, Height, 1, pixels);
    }

    /// <summary>Refuses sizes that no honest image has, before memory is taken for them.</summary>
    /// <param name="name">The image's file, for the message.</param>
    /// <param name="width">The width that the file announces.</param>
    /// <param name="height">The height that the file announces.</param>
    /// <param name="encodedBytes">The encoded image's length.</param>
    /// <exception cref="InvalidImageException">
    /// The size is zero or beyond <see cref="MaxSide"/> or <see cref="MaxPixels"/>, or the file is too small for it.
    /// </exception>
    internal static void CheckSize(string name, long width, long height, long encodedBytes = long.MaxValue / MaxPixelsPerByte)
    {
        if (width <= 0 || height <= 0)
        {
            throw new InvalidImageException(name, $"the file announces a size of {width}×{height} pixels, so it is damaged.");
        }

        if (width > MaxSide || height > MaxSide || width * height > MaxPixels)
        {
            throw new InvalidImageException(
                name,
                $"the file announces a size of {width}×{height} pixels; at most {MaxSide} a side and {MaxPixels} in all are read",
                [new Remedy.RaiseImageLimit(width * height)]);
        }

        if (width * height > Math.Max(MaxEmptyPixels, encodedBytes * MaxPixelsPerByte))
        {
            throw new InvalidImageException(
                name,
                $"the file announces a size of {width}×{height} pixels but has only {encodedBytes} bytes; it is cut off, or made to fill "
                + "the memory. Take it out.");
        }
    }
}
