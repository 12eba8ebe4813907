namespace Fovea.Data;

/// <summary>
/// Gaussian blur as Pillow's <c>ImageFilter.GaussianBlur</c> approximates it: three box blurs along rows, then three along columns, each
/// in fixed point, of a length with a fraction (Gwosdek and others, 2011).
/// </summary>
internal static class GaussianBlurring
{
    private const int Passes = 3;
    private const int PrecisionBits = 24;

    /// <summary>Blurs an image.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="radius">Standard deviation in pixels, above 0.</param>
    public static PixelBuffer Blur(PixelBuffer pixels, double radius)
    {
        float box = BoxRadius((float)radius);
        int whole = (int)box;
        uint weight = (uint)((1 << PrecisionBits) / ((box * 2) + 1));
        uint edge = (uint)(((1 << PrecisionBits) - (((2 * whole) + 1) * weight)) / 2);
        PixelBuffer result = PixelBuffer.Rent(pixels.Width, pixels.Height, pixels.Channels);
        PixelBuffer between = PixelBuffer.Rent(pixels.Width, pixels.Height, pixels.Channels);
        Span<byte> one = result.Writable(out _);
        Span<byte> other = between.Writable(out _);
        pixels.Pixels.CopyTo(one);
        for (int pass = 0; pass < 2 * Passes; pass++)
        {
            Box filter = new(whole, weight, edge);
            if (pass < Passes)
            {
                Rows(one, other, pixels.Width, pixels.Channels, filter);
            }
            else
            {
                Columns(one, other, pixels.Height, pixels.Width * pixels.Channels, filter);
            }

            Span<byte> next = one;
            one = other;
            other = next;
        }

        // After an even number of passes the values are where they began.
        between.Dispose();
        return result;
    }

    /// <summary>Radius of the box, with a fraction, whose repeated blur has the deviation of the Gaussian.</summary>
    private static float BoxRadius(float radius)
    {
        float variance = radius * radius / Passes;
        float length = (float)Math.Sqrt((12.0 * variance) + 1.0);
        float whole = (float)Math.Floor((length - 1.0) / 2.0);
        float fraction = ((2 * whole) + 1) * ((whole * (whole + 1)) - (3 * variance));
        fraction /= 6 * (variance - ((whole + 1) * (whole + 1)));
        return whole + fraction;
    }

    private static void Rows(ReadOnlySpan<byte> source, Span<byte> destination, int width, int channels, Box box)
    {
        for (int start = 0; start < source.Length; start += width * channels)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                ReadOnlySpan<byte> line = source[(start + channel)..];
                Span<byte> output = destination[(start + channel)..];
                uint sum = 0;
                for (int k = -box.Radius - 1; k < box.Radius; k++)
                {
                    sum += line[Math.Clamp(k, 0, width - 1) * channels];
                }

                for (int x = 0; x < width; x++)
                {
                    uint before = line[Math.Max(x - box.Radius - 1, 0) * channels];
                    sum += line[Math.Min(x + box.Radius, width - 1) * channels] - before;
                    output[x * channels] = box.Value(sum, before + line[Math.Min(x + box.Radius + 1, width - 1) * channels]);
                }
            }
        }
    }

    private static void Columns(ReadOnlySpan<byte> source, Span<byte> destination, int height, int rowBytes, Box box)
    {
        uint[] sums = System.Buffers.ArrayPool<uint>.Shared.Rent(rowBytes);
        sums.AsSpan(0, rowBytes).Clear();
        for (int k = -box.Radius - 1; k < box.Radius; k++)
        {
            ReadOnlySpan<byte> row = source.Slice(Math.Clamp(k, 0, height - 1) * rowBytes, rowBytes);
            for (int x = 0; x < row.Length; x++)
            {
                sums[x] += row[x];
            }
        }

        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> before = source.Slice(Math.Max(y - box.Radius - 1, 0) * rowBytes, rowBytes);
            ReadOnlySpan<byte> last = source.Slice(Math.Min(y + box.Radius, height - 1) * rowBytes, rowBytes);
            ReadOnlySpan<byte> after = source.Slice(Math.Min(y + box.Radius + 1, height - 1) * rowBytes, rowBytes);
            Span<byte> output = destination.Slice(y * rowBytes, rowBytes);
            for (int x = 0; x < output.Length; x++)
            {
                sums[x] += (uint)(last[x] - before[x]);
                output[x] = box.Value(sums[x], (uint)(before[x] + after[x]));
            }
        }

        System.Buffers.ArrayPool<uint>.Shared.Return(sums);
    }

    /// <summary>A box of pixels with full weight between two with a fraction of it.</summary>
    /// <param name="Radius">Pixels of full weight on each side of the middle one.</param>
    /// <param name="Weight">Full weight, in fixed point.</param>
    /// <param name="Edge">Weight of the two pixels at the ends.</param>
    private readonly record struct Box(int Radius, uint Weight, uint Edge)
    {
        /// <summary>The mean.</summary>
        /// <param name="sum">Sum of the pixels of full weight.</param>
        /// <param name="ends">Sum of the two pixels at the ends.</param>
        public byte Value(uint sum, uint ends) => (byte)(((sum * Weight) + (ends * Edge) + (1u << (PrecisionBits - 1))) >> PrecisionBits);
    }
}
