using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Data;

/// <summary>
/// Images seen through an <see cref="AffineMap"/>, equal to Pillow's <c>Image.transform</c> to the bit: without antialiasing, neighbours
/// beyond the border replaced by those at it, values cut to whole numbers.
/// </summary>
internal static class Warping
{
    private const int FixedOne = 1 << 16;

    /// <summary>Changes an image; points that lie outside the image before keep what the destination has there.</summary>
    /// <param name="source">[height, width, channels].</param>
    /// <param name="width">Width of both images.</param>
    /// <param name="height">Height of both images.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="destination">[height, width, channels], filled with the colour of what lies outside.</param>
    /// <param name="map">The map.</param>
    /// <param name="interpolation">The filter.</param>
    public static void Warp(
        ReadOnlySpan<byte> source,
        int width,
        int height,
        int channels,
        Span<byte> destination,
        in AffineMap map,
        Interpolation interpolation)
    {
        if (interpolation != Interpolation.Nearest)
        {
            Interpolate(source, width, height, channels, destination, map, interpolation == Interpolation.Bicubic);
        }
        else if (map is { B: 0, D: 0 })
        {
            Scale(source, width, height, channels, destination, map);
        }
        else
        {
            Nearest(source, width, height, channels, destination, map);
        }
    }

    /// <summary>Nearest pixels where columns and rows go by themselves: positions are summed up in double precision.</summary>
    private static void Scale(
        ReadOnlySpan<byte> source, int width, int height, int channels, Span<byte> destination, in AffineMap map)
    {
        double y = map.F + (map.E * 0.5);
        for (int row = 0; row < height; row++, y += map.E)
        {
            if (y < 0 || y >= height)
            {
                continue;
            }

            double x = map.C + (map.A * 0.5);
            for (int column = 0; column < width; column++, x += map.A)
            {
                if (x >= 0 && x < width)
                {
                    source.Slice((((int)y * width) + (int)x) * channels, channels)
                        .CopyTo(destination[(((row * width) + column) * channels)..]);
                }
            }
        }
    }

    /// <summary>Nearest pixels: positions are summed up in fixed point of 16 fractional bits.</summary>
    private static void Nearest(
        ReadOnlySpan<byte> source, int width, int height, int channels, Span<byte> destination, in AffineMap map)
    {
        (int a, int b, int d, int e) = (Fixed(map.A), Fixed(map.B), Fixed(map.D), Fixed(map.E));
        int rowX = Fixed(map.C + (map.A * 0.5) + (map.B * 0.5));
        int rowY = Fixed(map.F + (map.D * 0.5) + (map.E * 0.5));
        for (int row = 0; row < height; row++, rowX += b, rowY += e)
        {
            (int x, int y) = (rowX, rowY);
            for (int column = 0; column < width; column++, x += a, y += d)
            {
                if ((uint)(x >> 16) < (uint)width && (uint)(y >> 16) < (uint)height)
                {
                    source.Slice((((y >> 16) * width) + (x >> 16)) * channels, channels)
                        .CopyTo(destination[(((row * width) + column) * channels)..]);
                }
            }
        }
    }

    private static int Fixed(double value) => (int)Math.Floor((value * FixedOne) + 0.5);

    private static void Interpolate(
        ReadOnlySpan<byte> source, int width, int height, int channels, Span<byte> destination, in AffineMap map, bool cubic)
    {
        double[] rented = ArrayPool<double>.Shared.Rent(width * height * Vector256<double>.Count);
        Span<Vector256<double>> pixels = MemoryMarshal.Cast<double, Vector256<double>>(rented.AsSpan())[..(width * height)];
        Widen(source, channels, pixels);
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
            {
                (double right, double below) = (column + 0.5, row + 0.5);
                double x = (map.A * right) + (map.B * below) + map.C;
                double y = (map.D * right) + (map.E * below) + map.F;
                if (x >= 0 && x < width && y >= 0 && y < height)
                {
                    Vector256<double> value = cubic
                        ? Bicubic(pixels, width, height, x - 0.5, y - 0.5)
                        : Bilinear(pixels, width, height, x - 0.5, y - 0.5);
                    Narrow(value, destination.Slice(((row * width) + column) * channels, channels));
                }
            }
        }

        ArrayPool<double>.Shared.Return(rented);
    }

    private static void Widen(ReadOnlySpan<byte> source, int channels, Span<Vector256<double>> pixels)
    {
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = channels == 1
                ? Vector256.CreateScalar((double)source[i])
                : Vector256.Create((double)source[3 * i], source[(3 * i) + 1], source[(3 * i) + 2], 0);
        }
    }

    private static void Narrow(Vector256<double> value, Span<byte> pixel)
    {
        value = Vector256.Min(Vector256.Max(value, Vector256<double>.Zero), Vector256.Create(255.0));
        for (int channel = 0; channel < pixel.Length; channel++)
        {
            pixel[channel] = (byte)value[channel];
        }
    }

    private static Vector256<double> Bilinear(ReadOnlySpan<Vector256<double>> pixels, int width, int height, double x, double y)
    {
        (int column, int row) = ((int)Math.Floor(x), (int)Math.Floor(y));
        (int left, int right) = (Math.Max(column, 0), Math.Min(column + 1, width - 1));
        (double dx, double dy) = (x - column, y - row);
        ReadOnlySpan<Vector256<double>> line = pixels[(Math.Max(row, 0) * width)..];
        Vector256<double> upper = line[left] + ((line[right] - line[left]) * dx);
        line = pixels[(Math.Min(row + 1, height - 1) * width)..];
        Vector256<double> lower = line[left] + ((line[right] - line[left]) * dx);
        return upper + ((lower - upper) * dy);
    }

    private static Vector256<double> Bicubic(ReadOnlySpan<Vector256<double>> pixels, int width, int height, double x, double y)
    {
        (int column, int row) = ((int)Math.Floor(x), (int)Math.Floor(y));
        (double dx, double dy) = (x - column, y - row);
        CubicColumns columns = new(
            Math.Clamp(column - 1, 0, width - 1), Math.Max(column, 0), Math.Min(column + 1, width - 1), Math.Min(column + 2, width - 1));
        return Cubic(
            columns.Of(pixels[(Math.Clamp(row - 1, 0, height - 1) * width)..], dx),
            columns.Of(pixels[(Math.Max(row, 0) * width)..], dx),
            columns.Of(pixels[(Math.Min(row + 1, height - 1) * width)..], dx),
            columns.Of(pixels[(Math.Min(row + 2, height - 1) * width)..], dx),
            dy);
    }

    /// <summary>Keys' cubic with a = −1, in the order of operations that Pillow has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Cubic(
        Vector256<double> first, Vector256<double> second, Vector256<double> third, Vector256<double> fourth, double at)
    {
        Vector256<double> linear = third - first;
        Vector256<double> square = (2 * (first - second)) + third - fourth;
        Vector256<double> cube = second - first - third + fourth;
        return second + (at * (linear + (at * (square + (at * cube)))));
    }

    /// <summary>Four neighbouring columns, those beyond the border replaced by the one at it.</summary>
    private readonly record struct CubicColumns(int First, int Second, int Third, int Fourth)
    {
        /// <summary>The value of a row at a place between the second and the third column.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Of(ReadOnlySpan<Vector256<double>> row, double at) =>
            Cubic(row[First], row[Second], row[Third], row[Fourth], at);
    }
}
