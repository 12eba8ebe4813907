namespace Fovea.Data;

/// <summary>
/// Mixtures of an image with a plainer one, equal to Pillow's <c>ImageEnhance</c>: factor 0 gives the plain image, 1 the image itself, and
/// beyond 1 the difference grows.
/// </summary>
internal static class Enhancements
{
    /// <summary>Mixes with black.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="factor">At least 0.</param>
    public static PixelBuffer Brightness(PixelBuffer pixels, double factor) => WithConstant(pixels, 0, factor);

    /// <summary>Mixes with the mean grey.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="factor">At least 0.</param>
    public static PixelBuffer Contrast(PixelBuffer pixels, double factor)
    {
        ReadOnlySpan<byte> values = pixels.Pixels;
        long sum = 0;
        for (int i = 0; i < values.Length; i += pixels.Channels)
        {
            sum += pixels.Channels == 1 ? values[i] : PixelBuffer.Luma(values.Slice(i, 3));
        }

        return WithConstant(pixels, (int)(((double)sum / (pixels.Width * pixels.Height)) + 0.5), factor);
    }

    /// <summary>Mixes with the grey image.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="factor">At least 0.</param>
    public static PixelBuffer Color(PixelBuffer pixels, double factor)
    {
        if (pixels.Channels == 1)
        {
            return pixels;
        }

        float share = (float)factor;
        Span<byte> values = pixels.Writable(out PixelBuffer result);
        for (int i = 0; i < values.Length; i += 3)
        {
            Span<byte> pixel = values.Slice(i, 3);
            int grey = PixelBuffer.Luma(pixel);
            pixel[0] = Blend(grey, pixel[0], share);
            pixel[1] = Blend(grey, pixel[1], share);
            pixel[2] = Blend(grey, pixel[2], share);
        }

        return result;
    }

    /// <summary>Mixes with the image smoothed by Pillow's <c>SMOOTH</c>: 5 times the pixel and its 8 neighbours, by 13.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="factor">At least 0.</param>
    public static PixelBuffer Sharpness(PixelBuffer pixels, double factor)
    {
        float share = (float)factor;
        int channels = pixels.Channels;
        int rowBytes = pixels.Width * channels;
        ReadOnlySpan<byte> source = pixels.Pixels;
        PixelBuffer result = PixelBuffer.Rent(pixels.Width, pixels.Height, channels);
        Span<byte> values = result.Writable(out _);
        source.CopyTo(values);
        for (int y = 1; y < pixels.Height - 1; y++)
        {
            ReadOnlySpan<byte> above = source.Slice((y - 1) * rowBytes, rowBytes);
            ReadOnlySpan<byte> row = source.Slice(y * rowBytes, rowBytes);
            ReadOnlySpan<byte> below = source.Slice((y + 1) * rowBytes, rowBytes);
            Span<byte> output = values.Slice(y * rowBytes, rowBytes);
            for (int x = channels; x < rowBytes - channels; x++)
            {
                int sum = above[x - channels] + above[x] + above[x + channels]
                    + row[x - channels] + (5 * row[x]) + row[x + channels]
                    + below[x - channels] + below[x] + below[x + channels];
                output[x] = Blend(((2 * sum) + 13) / 26, row[x], share);
            }
        }

        return result;
    }

    private static PixelBuffer WithConstant(PixelBuffer pixels, int constant, double factor)
    {
        Span<byte> table = stackalloc byte[PixelTables.Length];
        for (int value = 0; value < table.Length; value++)
        {
            table[value] = Blend(constant, value, (float)factor);
        }

        return PixelTables.Apply(pixels, table);
    }

    /// <summary>Single precision, cut to a whole number: Pillow's <c>Image.blend</c>.</summary>
    private static byte Blend(int plain, int value, float share) => (byte)Math.Clamp(plain + (share * (value - plain)), 0, 255);
}
