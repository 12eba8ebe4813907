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

    /// <summary>Resizes an image.</summary>
    /// <param name="source">[height, width, channels].</param>
    /// <param name="width">The source's width.</param>
    /// <param name="height">The source's height.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="destination">[newHeight, newWidth, channels].</param>
    /// <param name="newWidth">The new width.</param>
    /// <param name="newHeight">The new height.</param>
    /// <param name="interpolation">The filter.</param>
    public static void Resize(
        ReadOnlySpan<byte> source,
        int width,
        int height,
        int channels,
        Span<byte> destination,
        int newWidth,
        int newHeight,
        Interpolation interpolation)
    {
        if (newHeight == height)
        {
            Horizontal(source, width, height, channels, destination, newWidth, interpolation);
        }
        else if (newWidth == width)
        {
            Vertical(source, height, width * channels, destination, newHeight, interpolation);
        }
        else
        {
            int rowBytes = newWidth * channels;
            byte[] between = ArrayPool<byte>.Shared.Rent(height * rowBytes);
            Horizontal(source, width, height, channels, between, newWidth, interpolation);
            Vertical(between, height, rowBytes, destination, newHeight, interpolation);
            ArrayPool<byte>.Shared.Return(between);
        }
    }

    private static void Horizontal(
        ReadOnlySpan<byte> source, int width, int height, int channels, Span<byte> destination, int newWidth, Interpolation interpolation)
    {
        if (newWidth == width)
        {
            source[..(width * height * channels)].CopyTo(destination);
            return;
        }

        ResizeWeights axis = ResizeWeights.Create(width, newWidth, interpolation);
        for (int y = 0; y < height; y++)
        {
            Span<byte> output = destination.Slice(y * newWidth * channels, newWidth * channels);
            for (int x = 0; x < newWidth; x++)
            {
                Span<int> weights = axis.Weights.AsSpan(x * axis.Taps, axis.Counts[x]);
                ReadOnlySpan<byte> pixels = source[((y * width * channels) + (axis.Starts[x] * channels))..];
                if (channels == 1)
                {
                    output[x] = One(pixels, weights);
                }
                else
                {
                    Three(pixels, weights, output.Slice(x * 3, 3));
                }
            }
        }

        axis.Return();
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

    private static void Three(ReadOnlySpan<byte> pixels, ReadOnlySpan<int> weights, Span<byte> output)
    {
        // Four bytes are read of each three; the last pixel of an image has no fourth.
        int wide = Math.Min(weights.Length, (pixels.Length - 1) / 3);
        ref byte first = ref MemoryMarshal.GetReference(pixels);
        Vector128<int> sums = Vector128.Create(Half);
        for (int k = 0; k < wide; k++)
        {
            uint colours = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, 3 * k));
            sums += Widen(Vector128.CreateScalarUnsafe(colours).AsByte()) * weights[k];
        }

        for (int k = wide; k < weights.Length; k++)
        {
            sums += Vector128.Create(pixels[3 * k], pixels[(3 * k) + 1], pixels[(3 * k) + 2], 0) * weights[k];
        }

        (output[0], output[1], output[2]) = (Clip(sums[0]), Clip(sums[1]), Clip(sums[2]));
    }

    private static Vector128<int> Widen(Vector128<byte> bytes) => Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();

    private static void Vertical(
        ReadOnlySpan<byte> source, int height, int rowBytes, Span<byte> destination, int newHeight, Interpolation interpolation)
    {
        ResizeWeights axis = ResizeWeights.Create(height, newHeight, interpolation);
        for (int y = 0; y < newHeight; y++)
        {
            ReadOnlySpan<byte> rows = source[(axis.Starts[y] * rowBytes)..];
            ReadOnlySpan<int> weights = axis.Weights.AsSpan(y * axis.Taps, axis.Counts[y]);
            Span<byte> output = destination.Slice(y * rowBytes, rowBytes);
            int x = 0;
            for (; x + Vector128<byte>.Count <= rowBytes; x += Vector128<byte>.Count)
            {
                Sixteen(ref MemoryMarshal.GetReference(rows[x..]), rowBytes, weights)
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output[x..]));
            }

            for (; x < rowBytes; x++)
            {
                int sum = Half;
                for (int k = 0; k < weights.Length; k++)
                {
                    sum += rows[(k * rowBytes) + x] * weights[k];
                }

                output[x] = Clip(sum);
            }
        }

        axis.Return();
    }

    /// <summary>Sixteen neighbouring columns of a row: sums over the rows below one another.</summary>
    private static Vector128<byte> Sixteen(ref byte first, int rowBytes, ReadOnlySpan<int> weights)
    {
        Vector128<int> a = Vector128.Create(Half);
        (Vector128<int> b, Vector128<int> c, Vector128<int> d) = (a, a, a);
        for (int k = 0; k < weights.Length; k++)
        {
            Vector128<byte> values = Vector128.LoadUnsafe(ref first, (nuint)((long)k * rowBytes));
            (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(values);
            a += Vector128.WidenLower(lower).AsInt32() * weights[k];
            b += Vector128.WidenUpper(lower).AsInt32() * weights[k];
            c += Vector128.WidenLower(upper).AsInt32() * weights[k];
            d += Vector128.WidenUpper(upper).AsInt32() * weights[k];
        }

        return Vector128.Narrow(Vector128.Narrow(Clip(a), Clip(b)).AsUInt16(), Vector128.Narrow(Clip(c), Clip(d)).AsUInt16());
    }

    private static Vector128<int> Clip(Vector128<int> sums) => Vector128.Min(
        Vector128.Max(sums >> ResizeWeights.PrecisionBits, Vector128<int>.Zero), Vector128.Create((int)byte.MaxValue));

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResizeWeights.PrecisionBits, 0, 255);
}
