using System.Buffers;

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
            ReadOnlySpan<byte> row = source.Slice(y * width * channels, width * channels);
            Span<byte> output = destination.Slice(y * newWidth * channels, newWidth * channels);
            for (int x = 0; x < newWidth; x++)
            {
                Span<int> weights = axis.Weights.AsSpan(x * axis.Taps, axis.Counts[x]);
                ReadOnlySpan<byte> pixels = row[(axis.Starts[x] * channels)..];
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
        int red = Half;
        int green = Half;
        int blue = Half;
        for (int k = 0; k < weights.Length; k++)
        {
            int weight = weights[k];
            red += pixels[3 * k] * weight;
            green += pixels[(3 * k) + 1] * weight;
            blue += pixels[(3 * k) + 2] * weight;
        }

        (output[0], output[1], output[2]) = (Clip(red), Clip(green), Clip(blue));
    }

    private static void Vertical(
        ReadOnlySpan<byte> source, int height, int rowBytes, Span<byte> destination, int newHeight, Interpolation interpolation)
    {
        ResizeWeights axis = ResizeWeights.Create(height, newHeight, interpolation);
        int[] rented = ArrayPool<int>.Shared.Rent(rowBytes);
        Span<int> sums = rented.AsSpan(0, rowBytes);
        for (int y = 0; y < newHeight; y++)
        {
            sums.Fill(Half);
            for (int k = 0; k < axis.Counts[y]; k++)
            {
                int weight = axis.Weights[(y * axis.Taps) + k];
                ReadOnlySpan<byte> row = source.Slice((axis.Starts[y] + k) * rowBytes, rowBytes);
                for (int x = 0; x < row.Length && x < sums.Length; x++)
                {
                    sums[x] += row[x] * weight;
                }
            }

            Span<byte> output = destination.Slice(y * rowBytes, rowBytes);
            for (int x = 0; x < sums.Length && x < output.Length; x++)
            {
                output[x] = Clip(sums[x]);
            }
        }

        ArrayPool<int>.Shared.Return(rented);
        axis.Return();
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> ResizeWeights.PrecisionBits, 0, 255);
}
