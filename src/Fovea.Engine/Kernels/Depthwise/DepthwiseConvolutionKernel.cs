using System.Runtime.CompilerServices;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Depthwise convolution: every channel has its own window. Input [N, H, W, C], weights [K, K, C], output [N, OH, OW, C]; vectorised along
/// the channels, so that neighbouring lanes never need shuffling. A part is a run of output rows of one image.
/// </summary>
internal static unsafe class DepthwiseConvolutionKernel
{
    private const int MultipliesPerPart = 1 << 19;

    /// <summary>Independent parts of the forward pass: a number that follows from the shapes alone.</summary>
    public static int Parts(in ConvolutionGeometry geometry) => geometry.Batch * PartsPerImage(geometry);

    /// <summary>Floats of scratch that one call of <see cref="Forward"/> needs.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry geometry) =>
        IsSmallWindow(geometry) ? RowWindow.Floats(geometry) + RowWindow.TapFloats : 0;

    /// <summary>
    /// Computes parts [<paramref name="first"/>, <paramref name="last"/>) of output = epilogue(input ∗ weights). The output overlaps
    /// neither the input nor the epilogue's residuals.
    /// </summary>
    public static void Forward(
        in ConvolutionGeometry geometry, float* input, float* weights, in EpilogueArguments epilogue, float* output, int first, int last,
        float* scratch)
    {
        switch (epilogue.Activation)
        {
            case ActivationKind.Gelu:
                Forward<Gelu>(geometry, input, weights, epilogue, output, first, last, scratch);
                break;
            case ActivationKind.Relu:
                Forward<Relu>(geometry, input, weights, epilogue, output, first, last, scratch);
                break;
            case ActivationKind.Silu:
                Forward<Silu>(geometry, input, weights, epilogue, output, first, last, scratch);
                break;
            case ActivationKind.Sigmoid:
                Forward<Sigmoid>(geometry, input, weights, epilogue, output, first, last, scratch);
                break;
            default:
                Forward<Identity>(geometry, input, weights, epilogue, output, first, last, scratch);
                break;
        }
    }

    private static void Forward<TActivation>(
        in ConvolutionGeometry geometry, float* input, float* weights, in EpilogueArguments epilogue, float* output, int first, int last,
        float* scratch)
        where TActivation : struct, IActivation
    {
        int perImage = PartsPerImage(geometry);
        int rowsPerPart = RowsPerPart(geometry);
        for (int part = first; part < last; part++)
        {
            int image = part / perImage;
            int firstRow = part % perImage * rowsPerPart;
            int lastRow = Math.Min(firstRow + rowsPerPart, geometry.OutputHeight);
            float* source = input + (nint)image * geometry.Height * geometry.Width * geometry.Channels;
            nint offset = (nint)image * geometry.OutputHeight * geometry.OutputWidth * geometry.Channels;
            if (IsSmallWindow(geometry))
            {
                SmallWindow<TActivation>(geometry, source, weights, in epilogue, output, offset, firstRow, lastRow, scratch);
            }
            else
            {
                AnyWindow<TActivation>(geometry, source, weights, in epilogue, output, offset, firstRow, lastRow);
            }
        }
    }

    /// <summary>True if the loops for 3×3 windows of stride 1 take this geometry.</summary>
    public static bool IsSmallWindow(in ConvolutionGeometry geometry) =>
        geometry is { Kernel: 3, Stride: 1, Dilation: 1 }
        && geometry.Padding >= 0
        && geometry.OutputWidth >= DepthwiseTiles.Columns
        && geometry.Channels >= 8;

    /// <summary>
    /// The taps [first, last) of a window starting at <paramref name="start"/> that lie inside an axis of <paramref name="length"/> pixels.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int First, int Last) TapsInside(int start, int length, int kernel, int dilation)
    {
        int first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
        int last = start >= length ? 0 : Math.Min(kernel, (length - start + dilation - 1) / dilation);
        return (first, Math.Max(first, last));
    }

    private static int RowsPerPart(in ConvolutionGeometry geometry)
    {
        long multipliesPerRow = (long)geometry.OutputWidth * geometry.Channels * geometry.Kernel * geometry.Kernel;
        return (int)Math.Clamp(MultipliesPerPart / Math.Max(multipliesPerRow, 1), 1, Math.Max(geometry.OutputHeight, 1));
    }

    private static int PartsPerImage(in ConvolutionGeometry geometry)
    {
        int rows = RowsPerPart(geometry);
        return (geometry.OutputHeight + rows - 1) / rows;
    }

    private static void SmallWindow<TActivation>(
        in ConvolutionGeometry geometry, float* source, float* weights, in EpilogueArguments epilogue, float* output, nint offset,
        int firstRow, int lastRow, float* scratch)
        where TActivation : struct, IActivation
    {
        int width = geometry.OutputWidth;
        nint stride = geometry.Channels;
        float* taps = scratch + RowWindow.Floats(geometry);
        for (int channel = 0, channels; channel < geometry.Channels; channel += channels)
        {
            channels = RowWindow.BlockChannels(geometry, geometry.Channels - channel);
            RowWindow window = new(source + channel, geometry, channels, scratch);
            RowWindow.Copy(weights + channel, stride, taps, window.Stride, 9, channels);
            window.Push(firstRow - geometry.Padding);
            window.Push(firstRow - geometry.Padding + 1);
            for (int row = firstRow; row < lastRow; row++)
            {
                window.Push(row - geometry.Padding + 2);
                float* row0 = window.Row(0);
                float* row1 = window.Row(1);
                float* row2 = window.Row(2);
                nint rowOffset = offset + (nint)row * width * stride + channel;
                if (row + 1 < lastRow)
                {
                    // A block of channels is a thin slice of each pixel, which the processor does not foresee.
                    window.Prefetch(row - geometry.Padding + 3);
                    PrefetchRow(output, rowOffset + width * stride, stride, width, channels);
                    PrefetchRow(epilogue.ResidualBefore, rowOffset + width * stride, stride, width, channels);
                    PrefetchRow(epilogue.ResidualAfter, rowOffset + width * stride, stride, width, channels);
                }
                for (int column = 0; column < width; column += DepthwiseTiles.Columns)
                {
                    // The last tile overlaps the one before it rather than the next row.
                    bool pair = width - column <= 2;
                    int start = Math.Min(column, width - (pair ? 2 : DepthwiseTiles.Columns));
                    nint shift = start * window.Stride;
                    nint target = rowOffset + start * stride;
                    EpilogueArguments here = DepthwiseEpilogue.At(epilogue, channel, target);
                    if (pair)
                    {
                        DepthwiseTiles.SumPair3x3<TActivation>(
                            row0 + shift, row1 + shift, row2 + shift, window.Stride, taps, here, output + target, stride, channels);
                    }
                    else
                    {
                        DepthwiseTiles.Sum3x3<TActivation>(
                            row0 + shift, row1 + shift, row2 + shift, window.Stride, taps, here, output + target, stride, channels);
                    }
                }
            }
        }
    }

    private static void PrefetchRow(float* map, nint offset, nint stride, int pixels, int channels)
    {
        if (map != null)
        {
            CachePrefetch.Rows(map + offset, stride, pixels, channels);
        }
    }

    private static void AnyWindow<TActivation>(
        in ConvolutionGeometry geometry, float* source, float* weights, in EpilogueArguments epilogue, float* output, nint offset,
        int firstRow, int lastRow)
        where TActivation : struct, IActivation
    {
        nint stride = geometry.Channels;
        nint sourceRow = geometry.Width * stride;
        for (int row = firstRow; row < lastRow; row++)
        {
            int top = row * geometry.Stride - geometry.Padding;
            (int firstY, int lastY) = TapsInside(top, geometry.Height, geometry.Kernel, geometry.Dilation);
            nint rowOffset = offset + (nint)row * geometry.OutputWidth * stride;
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                int left = column * geometry.Stride - geometry.Padding;
                (int firstX, int lastX) = TapsInside(left, geometry.Width, geometry.Kernel, geometry.Dilation);
                nint target = rowOffset + column * stride;
                DepthwiseTiles.SumTaps<TActivation>(
                    source + (top + firstY * geometry.Dilation) * sourceRow + (left + firstX * geometry.Dilation) * stride,
                    geometry.Dilation * sourceRow, geometry.Dilation * stride,
                    weights + (firstY * geometry.Kernel + firstX) * stride, geometry.Kernel * stride, stride,
                    lastY - firstY, lastX - firstX, DepthwiseEpilogue.At(epilogue, 0, target), output + target, geometry.Channels);
            }
        }
    }
}
