using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The largest or mean element under a window of each channel of a map N,H,W,C, and the gradients. Padding is absent from a maximum; a mean
/// counts it or not. Windows are solid (dilation 1) and padding is at most half of the window, so that none is empty.
/// </summary>
internal static unsafe class PoolingKernel
{
    private const int Width = 8;

    /// <summary>The independent parts of a forward pass: output rows, N·OH.</summary>
    /// <param name="geometry">The window and the map.</param>
    public static int Parts(in ConvolutionGeometry geometry) => geometry.Batch * geometry.OutputHeight;

    /// <summary>The independent parts of a gradient: images, N.</summary>
    /// <param name="geometry">The window and the map.</param>
    public static int GradientParts(in ConvolutionGeometry geometry) => geometry.Batch;

    /// <summary>The largest element under each window; what is not a number wins.</summary>
    /// <param name="geometry">The window and the map.</param>
    /// <param name="input">The map, N,H,W,C.</param>
    /// <param name="output">The result, N,OH,OW,C.</param>
    /// <param name="first">The first part.</param>
    /// <param name="last">One past the last part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Maximum(in ConvolutionGeometry geometry, float* input, float* output, int first, int last)
    {
        int channels = geometry.Channels;
        for (int part = first; part < last; part++)
        {
            (int image, int row) = Math.DivRem(part, geometry.OutputHeight);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Taps taps = new(in geometry, row, column);
                float* source = input + image * ImageFloats(in geometry) + taps.Offset;
                float* target = output + ((nint)part * geometry.OutputWidth + column) * channels;
                for (int channel = 0; channel < channels; channel += Width)
                {
                    Vector256<float> largest = Vector256.Load(source + channel);
                    for (int y = 0; y < taps.Rows; y++)
                    {
                        float* from = source + y * taps.RowStride + channel;
                        for (int x = 0; x < taps.Columns; x++, from += channels)
                        {
                            largest = Vector256.Max(largest, Vector256.Load(from));
                        }
                    }

                    Store(largest, target + channel, channels - channel);
                }
            }
        }
    }

    /// <summary>The mean element under each window.</summary>
    /// <param name="geometry">The window and the map.</param>
    /// <param name="countPadding">
    /// True to divide by the whole window, padding included; false to divide by the pixels inside the image.
    /// </param>
    /// <param name="input">The map, N,H,W,C.</param>
    /// <param name="output">The result, N,OH,OW,C.</param>
    /// <param name="first">The first part.</param>
    /// <param name="last">One past the last part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Average(in ConvolutionGeometry geometry, bool countPadding, float* input, float* output, int first, int last)
    {
        int channels = geometry.Channels;
        for (int part = first; part < last; part++)
        {
            (int image, int row) = Math.DivRem(part, geometry.OutputHeight);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                Taps taps = new(in geometry, row, column);
                Vector256<float> count = Vector256.Create(Count(in geometry, in taps, countPadding));
                float* source = input + image * ImageFloats(in geometry) + taps.Offset;
                float* target = output + ((nint)part * geometry.OutputWidth + column) * channels;
                for (int channel = 0; channel < channels; channel += Width)
                {
                    Vector256<float> sum = Vector256<float>.Zero;
                    for (int y = 0; y < taps.Rows; y++)
                    {
                        float* from = source + y * taps.RowStride + channel;
                        for (int x = 0; x < taps.Columns; x++, from += channels)
                        {
                            sum += Vector256.Load(from);
                        }
                    }

                    Store(sum / count, target + channel, channels - channel);
                }
            }
        }
    }

    /// <summary>
    /// The gradient of <see cref="Maximum"/>: each window's goes to its first largest pixel in scan order, found again from the map.
    /// </summary>
    /// <param name="geometry">The window and the map.</param>
    /// <param name="input">The map, N,H,W,C.</param>
    /// <param name="outputGradient">The result's gradient, N,OH,OW,C.</param>
    /// <param name="inputGradient">The map's gradient, N,H,W,C, written.</param>
    /// <param name="first">The first part of <see cref="GradientParts"/>.</param>
    /// <param name="last">One past the last part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MaximumGradient(
        in ConvolutionGeometry geometry, float* input, float* outputGradient, float* inputGradient, int first, int last)
    {
        int channels = geometry.Channels;
        Clear(in geometry, inputGradient, first, last);
        nint pixel = (nint)first * geometry.OutputHeight * geometry.OutputWidth;
        for (int image = first; image < last; image++)
        {
            for (int row = 0; row < geometry.OutputHeight; row++)
            {
                for (int column = 0; column < geometry.OutputWidth; column++, pixel++)
                {
                    Taps taps = new(in geometry, row, column);
                    nint offset = image * ImageFloats(in geometry) + taps.Offset;
                    for (int channel = 0; channel < channels; channel += Width)
                    {
                        Vector256<float> gradient = Vector256.Load(outputGradient + pixel * channels + channel);
                        ToFirstLargest(
                            gradient, in taps, channels, input + offset + channel, inputGradient + offset + channel, channels - channel);
                    }
                }
            }
        }
    }

    /// <summary>The gradient of <see cref="Average"/>: each window's is spread evenly over its pixels.</summary>
    /// <param name="geometry">The window and the map.</param>
    /// <param name="countPadding">True if the mean divided by the whole window, padding included.</param>
    /// <param name="outputGradient">The result's gradient, N,OH,OW,C.</param>
    /// <param name="inputGradient">The map's gradient, N,H,W,C, written.</param>
    /// <param name="first">The first part of <see cref="GradientParts"/>.</param>
    /// <param name="last">One past the last part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AverageGradient(
        in ConvolutionGeometry geometry, bool countPadding, float* outputGradient, float* inputGradient, int first, int last)
    {
        int channels = geometry.Channels;
        Clear(in geometry, inputGradient, first, last);
        nint pixel = (nint)first * geometry.OutputHeight * geometry.OutputWidth;
        for (int image = first; image < last; image++)
        {
            for (int row = 0; row < geometry.OutputHeight; row++)
            {
                for (int column = 0; column < geometry.OutputWidth; column++, pixel++)
                {
                    Taps taps = new(in geometry, row, column);
                    Vector256<float> count = Vector256.Create(Count(in geometry, in taps, countPadding));
                    float* target = inputGradient + image * ImageFloats(in geometry) + taps.Offset;
                    for (int channel = 0; channel < channels; channel += Width)
                    {
                        Vector256<float> share = Vector256.Load(outputGradient + pixel * channels + channel) / count;
                        for (int y = 0; y < taps.Rows; y++)
                        {
                            float* to = target + y * taps.RowStride + channel;
                            for (int x = 0; x < taps.Columns; x++, to += channels)
                            {
                                Store(Vector256.Load(to) + share, to, channels - channel);
                            }
                        }
                    }
                }
            }
        }
    }

    // Two walks over the window: which tap is the first largest of each channel, then the gradient added at that tap and zero at the
    // others.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToFirstLargest(Vector256<float> gradient, in Taps taps, int channels, float* input, float* target, int rest)
    {
        Vector256<float> largest = Vector256.Load(input);
        Vector256<int> winner = Vector256<int>.Zero;
        int tap = 0;
        for (int y = 0; y < taps.Rows; y++)
        {
            float* from = input + y * taps.RowStride;
            for (int x = 0; x < taps.Columns; x++, from += channels, tap++)
            {
                Vector256<float> value = Vector256.Load(from);
                Vector256<float> larger = Vector256.GreaterThan(value, largest);
                largest = Vector256.ConditionalSelect(larger, value, largest);
                winner = Vector256.ConditionalSelect(larger.AsInt32(), Vector256.Create(tap), winner);
            }
        }

        tap = 0;
        for (int y = 0; y < taps.Rows; y++)
        {
            float* to = target + y * taps.RowStride;
            for (int x = 0; x < taps.Columns; x++, to += channels, tap++)
            {
                Vector256<float> mask = Vector256.Equals(winner, Vector256.Create(tap)).AsSingle();
                Store(Vector256.Load(to) + (gradient & mask), to, rest);
            }
        }
    }

    private static nint ImageFloats(in ConvolutionGeometry geometry) => (nint)geometry.Height * geometry.Width * geometry.Channels;

    private static float Count(in ConvolutionGeometry geometry, in Taps taps, bool countPadding) =>
        countPadding ? geometry.Kernel * geometry.Kernel : taps.Rows * taps.Columns;

    private static void Clear(in ConvolutionGeometry geometry, float* inputGradient, int first, int last) =>
        NativeMemory.Clear(
            inputGradient + first * ImageFloats(in geometry), (nuint)((last - first) * ImageFloats(in geometry)) * sizeof(float));

    // Loads may run into the next pixel or the room behind the map; stores may not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> value, float* to, int rest)
    {
        if (rest >= Width)
        {
            value.Store(to);
            return;
        }

        for (int i = 0; i < rest; i++)
        {
            to[i] = value[i];
        }
    }

    /// <summary>The pixels of one window that lie inside the image.</summary>
    private readonly struct Taps
    {
        /// <summary>Offset of the first one, in floats from the image's first.</summary>
        public readonly nint Offset;

        /// <summary>Floats between rows of the map.</summary>
        public readonly nint RowStride;

        /// <summary>Rows of them.</summary>
        public readonly int Rows;

        /// <summary>Columns of them.</summary>
        public readonly int Columns;

        public Taps(in ConvolutionGeometry geometry, int row, int column)
        {
            int top = row * geometry.Stride - geometry.Padding;
            int left = column * geometry.Stride - geometry.Padding;
            int firstRow = Math.Max(top, 0);
            int firstColumn = Math.Max(left, 0);
            RowStride = (nint)geometry.Width * geometry.Channels;
            Offset = firstRow * RowStride + (nint)firstColumn * geometry.Channels;
            Rows = Math.Min(top + geometry.Kernel, geometry.Height) - firstRow;
            Columns = Math.Min(left + geometry.Kernel, geometry.Width) - firstColumn;
        }
    }
}
