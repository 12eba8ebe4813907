using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Data;

/// <summary>
/// Antialiased resizing of 8-bit images, equal to Pillow's <c>Image.resize</c> to the bit: a horizontal pass, rounded to 8 bits,
/// then a vertical one. A pass along an axis whose length does not change is left out.
/// </summary>
internal static class Resampling
{
    private const int Half = 1 << (ResizeWeights.PrecisionBits - 1);

    /// <summary>Resizes an image, or the part of it that is wanted.</summary>
    /// <param name="source">[height, width, channels].</param>
    /// <param name="width">The source's width.</param>
    /// <param name="height">The source's height.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="destination">[window's height, window's width, channels].</param>
    /// <param name="newWidth">The new width.</param>
    /// <param name="newHeight">The new height.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="window">Part of the resized image that is computed.</param>
    public static void Resize(
        ReadOnlySpan<byte> source,
        int width,
        int height,
        int channels,
        Span<byte> destination,
        int newWidth,
        int newHeight,
        Interpolation interpolation,
        in PixelWindow window)
    {
        if (window.Width == 0 || window.Height == 0)
        {
            return;
        }

        if (newHeight == height)
        {
            ReadOnlySpan<byte> below = source[(window.Top * width * channels)..];
            Horizontal(below, width, window.Height, channels, destination, newWidth, interpolation, window);
            return;
        }

        using ResizeWeights axis = ResizeWeights.Create(height, newHeight, interpolation);
        int first = axis.Starts[window.Top];
        int rows = axis.Starts[window.Bottom - 1] + axis.Counts[window.Bottom - 1] - first;
        ReadOnlySpan<byte> from = source[(first * width * channels)..];
        int rowBytes = window.Width * channels;
        if (newWidth == width)
        {
            Vertical(from[(window.Left * channels)..], width * channels, rowBytes, destination, axis, window);
            return;
        }

        byte[] between = ArrayPool<byte>.Shared.Rent(rows * rowBytes);
        Horizontal(from, width, rows, channels, between, newWidth, interpolation, window);
        Vertical(between, rowBytes, rowBytes, destination, axis, window);
        ArrayPool<byte>.Shared.Return(between);
    }

    private static void Horizontal(
        ReadOnlySpan<byte> source,
        int width,
        int rows,
        int channels,
        Span<byte> destination,
        int newWidth,
        Interpolation interpolation,
        in PixelWindow window)
    {
        int rowBytes = window.Width * channels;
        if (newWidth == width)
        {
            for (int y = 0; y < rows; y++)
            {
                source.Slice(((y * width) + window.Left) * channels, rowBytes).CopyTo(destination[(y * rowBytes)..]);
            }

            return;
        }

        using ResizeWeights axis = ResizeWeights.Create(width, newWidth, interpolation);
        if (channels == 3)
        {
            Colours(source, width, rows, destination, axis, window);
            return;
        }

        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < window.Width; x++)
            {
                int at = window.Left + x;
                destination[(y * rowBytes) + x] = One(source[((y * width) + axis.Starts[at])..], axis.WeightsOf(at));
            }
        }
    }

    /// <summary>Rows of three channels: two neighbouring pixels at once, each in four lanes of which the last counts for nothing.</summary>
    private static void Colours(
        ReadOnlySpan<byte> source, int width, int rows, Span<byte> destination, in ResizeWeights axis, in PixelWindow window)
    {
        int pairs = (axis.Taps + 1) / 2;
        int[] memory = ArrayPool<int>.Shared.Rent(window.Width * pairs * Vector256<int>.Count);
        Span<Vector256<int>> weights = MemoryMarshal.Cast<int, Vector256<int>>(memory.AsSpan())[..(window.Width * pairs)];
        for (int x = 0; x < window.Width; x++)
        {
            ReadOnlySpan<int> taps = axis.WeightsOf(window.Left + x);
            for (int k = 0; k < pairs; k++)
            {
                int even = 2 * k < taps.Length ? taps[2 * k] : 0;
                int odd = (2 * k) + 1 < taps.Length ? taps[(2 * k) + 1] : 0;
                weights[(x * pairs) + k] = Vector256.Create(Vector128.Create(even), Vector128.Create(odd));
            }
        }

        for (int y = 0; y < rows; y++)
        {
            ReadOnlySpan<byte> row = source[(y * width * 3)..];
            Span<byte> output = destination.Slice(y * window.Width * 3, window.Width * 3);
            for (int x = 0; x < window.Width; x++)
            {
                ReadOnlySpan<byte> pixels = row[(axis.Starts[window.Left + x] * 3)..];
                int used = (axis.Counts[window.Left + x] + 1) / 2;

                // Eight bytes are read of each six; the last pixels of an image do not have so many.
                Vector128<int> sums = (6 * used) + 2 <= pixels.Length
                    ? Pairs(ref MemoryMarshal.GetReference(pixels), weights.Slice(x * pairs, used))
                    : Three(pixels, axis.WeightsOf(window.Left + x));
                uint colour = Packed(Clip(sums));
                if (x + 1 < window.Width)
                {
                    Unsafe.WriteUnaligned(ref output[3 * x], colour);
                }
                else
                {
                    (output[3 * x], output[(3 * x) + 1], output[(3 * x) + 2]) = ((byte)colour, (byte)(colour >> 8), (byte)(colour >> 16));
                }
            }
        }

        ArrayPool<int>.Shared.Return(memory);
    }

    /// <summary>The lowest bytes of the lanes, side by side.</summary>
    private static uint Packed(Vector128<int> values)
    {
        Vector128<byte> lowest = Vector128.Create((byte)0, 4, 8, 12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255);
        return Vector128.Shuffle(values.AsByte(), lowest).AsUInt32().ToScalar();
    }

    private static Vector128<int> Pairs(ref byte first, ReadOnlySpan<Vector256<int>> weights)
    {
        // Bytes of two pixels in lanes of four bytes; 255, beyond the vector, gives zero. Each half draws on its own half, which is faster.
        Vector256<byte> lanes = Vector256.Create(
            (byte)0, 255, 255, 255, 1, 255, 255, 255, 2, 255, 255, 255, 255, 255, 255, 255,
            19, 255, 255, 255, 20, 255, 255, 255, 21, 255, 255, 255, 255, 255, 255, 255);
        Vector256<int> sums = Vector256<int>.Zero;
        for (int k = 0; k < weights.Length; k++)
        {
            ulong two = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, 6 * k));
            sums += Vector256.Shuffle(Vector256.Create(two).AsByte(), lanes).AsInt32() * weights[k];
        }

        return sums.GetLower() + sums.GetUpper() + Vector128.Create(Half);
    }

    private static byte One(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> weights)
    {
        int sum = Half;
        for (int k = 0; k < weights.Length; k++)
        {
            sum += pixels[k] * weights[k];
        }

        return Clip(sum);
    }

    private static Vector128<int> Three(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> weights)
    {
        Vector128<int> sums = Vector128.Create(Half);
        for (int k = 0; k < weights.Length; k++)
        {
            sums += Vector128.Create(pixels[3 * k], pixels[(3 * k) + 1], pixels[(3 * k) + 2], 0) * weights[k];
        }

        return sums;
    }

    /// <summary>Sums over rows of <paramref name="stride"/> bytes, the first of which is the window's first row's first one.</summary>
    private static void Vertical(
        ReadOnlySpan<byte> source, int stride, int rowBytes, Span<byte> destination, in ResizeWeights axis, in PixelWindow window)
    {
        for (int y = 0; y < window.Height; y++)
        {
            int at = window.Top + y;
            ReadOnlySpan<byte> rows = source[((axis.Starts[at] - axis.Starts[window.Top]) * stride)..];
            ReadOnlySpan<int> weights = axis.WeightsOf(at);
            Span<byte> output = destination.Slice(y * rowBytes, rowBytes);
            int x = 0;
            for (; x + Vector256<byte>.Count <= rowBytes; x += Vector256<byte>.Count)
            {
                Columns(ref MemoryMarshal.GetReference(rows[x..]), stride, weights)
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output[x..]));
            }

            for (; x < rowBytes; x++)
            {
                int sum = Half;
                for (int k = 0; k < weights.Length; k++)
                {
                    sum += rows[(k * stride) + x] * weights[k];
                }

                output[x] = Clip(sum);
            }
        }
    }

    /// <summary>Thirty-two neighbouring columns of a row: sums over the rows below one another.</summary>
    private static Vector256<byte> Columns(ref byte first, int stride, ReadOnlySpan<int> weights)
    {
        Vector256<int> a = Vector256.Create(Half);
        (Vector256<int> b, Vector256<int> c, Vector256<int> d) = (a, a, a);
        for (int k = 0; k < weights.Length; k++)
        {
            Vector256<byte> values = Vector256.LoadUnsafe(ref first, (nuint)((long)k * stride));
            (Vector256<ushort> lower, Vector256<ushort> upper) = Vector256.Widen(values);
            a += Vector256.WidenLower(lower).AsInt32() * weights[k];
            b += Vector256.WidenUpper(lower).AsInt32() * weights[k];
            c += Vector256.WidenLower(upper).AsInt32() * weights[k];
            d += Vector256.WidenUpper(upper).AsInt32() * weights[k];
        }

        return Vector256.Narrow(Vector256.Narrow(Clip(a), Clip(b)).AsUInt16(), Vector256.Narrow(Clip(c), Clip(d)).AsUInt16());
    }

    private static Vector256<int> Clip(Vector256<int> sums) => Vector256.Min(
        Vector256.Max(sums >> ResizeWeights.PrecisionBits, Vector256<int>.Zero), Vector256.Create((int)byte.MaxValue));

    private static Vector128<int> Clip(Vector128<int> sums) => Vector128.Min(
        Vector128.Max(sums >> ResizeWeights.PrecisionBits, Vector128<int>.Zero), Vector128.Create((int)byte.MaxValue));

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResizeWeights.PrecisionBits, 0, 255);
}
