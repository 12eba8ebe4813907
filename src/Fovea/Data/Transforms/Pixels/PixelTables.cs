namespace Fovea.Data;

/// <summary>Changes of each value by itself: a table of 256 values for all channels, or one for each.</summary>
internal static class PixelTables
{
    /// <summary>Entries of one table.</summary>
    public const int Length = 256;

    /// <summary>Gives the image whose values are those of the tables.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="tables">One table, or one for each channel.</param>
    public static PixelBuffer Apply(PixelBuffer pixels, ReadOnlySpan<byte> tables)
    {
        Span<byte> values = pixels.Writable(out PixelBuffer result);
        if (tables.Length == Length)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = tables[values[i]];
            }
        }
        else
        {
            ReadOnlySpan<byte> green = tables[Length..];
            ReadOnlySpan<byte> blue = tables[(2 * Length)..];
            for (int i = 0; i < values.Length; i += 3)
            {
                (values[i], values[i + 1], values[i + 2]) = (tables[values[i]], green[values[i + 1]], blue[values[i + 2]]);
            }
        }

        return result;
    }

    /// <summary>Every value v becomes 255 − v.</summary>
    /// <param name="pixels">The image.</param>
    public static PixelBuffer Invert(PixelBuffer pixels) => Solarize(pixels, 0);

    /// <summary>Values from a threshold on are inverted.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="threshold">The lowest value that is inverted.</param>
    public static PixelBuffer Solarize(PixelBuffer pixels, double threshold)
    {
        Span<byte> table = stackalloc byte[Length];
        for (int value = 0; value < Length; value++)
        {
            table[value] = (byte)(value < threshold ? value : 255 - value);
        }

        return Apply(pixels, table);
    }

    /// <summary>Values below 128 become larger, up to 255.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="amount">Number that is added.</param>
    public static PixelBuffer SolarizeAdd(PixelBuffer pixels, int amount)
    {
        Span<byte> table = stackalloc byte[Length];
        for (int value = 0; value < Length; value++)
        {
            table[value] = (byte)(value < 128 ? Math.Min(255, value + amount) : value);
        }

        return Apply(pixels, table);
    }

    /// <summary>Only the upper bits of every value stay.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="bits">Bits that stay, 0 to 8.</param>
    public static PixelBuffer Posterize(PixelBuffer pixels, int bits)
    {
        Span<byte> table = stackalloc byte[Length];
        for (int value = 0; value < Length; value++)
        {
            table[value] = (byte)(value & -(1 << (8 - bits)));
        }

        return Apply(pixels, table);
    }
}
