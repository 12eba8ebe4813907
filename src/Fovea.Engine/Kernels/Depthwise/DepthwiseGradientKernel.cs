using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Both gradients of <see cref="DepthwiseConvolutionKernel"/>. The gradient of the input gathers, for every input pixel, the outputs that
/// saw it; the gradient of the weights sums over runs of output rows, one partial for each run, merged in their order.
/// </summary>
internal static unsafe class DepthwiseGradientKernel
{
    private const int MultipliesPerPart = 1 << 19;
    private const int MaxWeightParts = 32;

    /// <summary>Independent parts of the input gradient: a number that follows from the shapes alone.</summary>
    public static int InputParts(in ConvolutionGeometry geometry) =>
        DepthwiseConvolutionKernel.IsSmallWindow(Turned(geometry))
            ? DepthwiseConvolutionKernel.Parts(Turned(geometry))
            : geometry.Batch * PartsPerImage(geometry);

    /// <summary>Floats of scratch that one call of <see cref="Input"/> needs.</summary>
    public static nint InputScratchFloats(in ConvolutionGeometry geometry) =>
        DepthwiseConvolutionKernel.IsSmallWindow(Turned(geometry))
            ? DepthwiseConvolutionKernel.ScratchFloats(Turned(geometry)) + (9 * geometry.Channels + 15 & ~15)
            : 0;

    /// <summary>
    /// Computes parts [<paramref name="first"/>, <paramref name="last"/>) of the input gradient [N, H, W, C] (overwritten) from the output
    /// gradient [N, OH, OW, C] and the weights [K, K, C].
    /// </summary>
    public static void Input(
        in ConvolutionGeometry geometry, float* outputGradient, float* weights, float* inputGradient, int first, int last, float* scratch)
    {
        if (!DepthwiseConvolutionKernel.IsSmallWindow(Turned(geometry)))
        {
            Gather(geometry, outputGradient, weights, inputGradient, first, last);
            return;
        }
        // A 3×3 window of stride 1 seen from its input is again such a window, its taps turned by half a circle.
        for (int tap = 0; tap < 9; tap++)
        {
            new ReadOnlySpan<float>(weights + tap * geometry.Channels, geometry.Channels)
                .CopyTo(new Span<float>(scratch + (8 - tap) * geometry.Channels, geometry.Channels));
        }
        float* rest = scratch + (9 * geometry.Channels + 15 & ~15);
        DepthwiseConvolutionKernel.Forward(
            Turned(geometry), outputGradient, scratch, new EpilogueArguments(), inputGradient, first, last, rest);
    }

    /// <summary>Independent parts of the weight gradient: a number that follows from the shapes alone.</summary>
    public static int WeightParts(in ConvolutionGeometry geometry)
    {
        long multiplies = (long)geometry.OutputPixels * geometry.PatchLength;
        return (int)Math.Clamp(
            multiplies / MultipliesPerPart, 1, Math.Min(MaxWeightParts, Math.Max(geometry.Batch * geometry.OutputHeight, 1)));
    }

    /// <summary>Floats of partials that the weight gradient needs over all its parts.</summary>
    public static nint WeightPartialFloats(in ConvolutionGeometry geometry) => (nint)WeightParts(geometry) * geometry.PatchLength;

    /// <summary>Floats of scratch that one call of <see cref="Weights"/> needs.</summary>
    public static nint WeightScratchFloats(in ConvolutionGeometry geometry) =>
        DepthwiseConvolutionKernel.IsSmallWindow(geometry)
            ? RowWindow.Floats(geometry) * 2 + RowWindow.TapFloats
            : geometry.Channels;

    /// <summary>
    /// Computes parts [<paramref name="first"/>, <paramref name="last"/>) of the weight gradient into <paramref name="partials"/>,
    /// [WeightParts, K, K, C].
    /// </summary>
    public static void Weights(
        in ConvolutionGeometry geometry, float* input, float* outputGradient, float* partials, int first, int last, float* scratch)
    {
        int parts = WeightParts(geometry);
        long rows = (long)geometry.Batch * geometry.OutputHeight;
        for (int part = first; part < last; part++)
        {
            float* partial = partials + (nint)part * geometry.PatchLength;
            int firstRow = (int)(rows * part / parts);
            int lastRow = (int)(rows * (part + 1) / parts);
            if (DepthwiseConvolutionKernel.IsSmallWindow(geometry))
            {
                SmallWindowWeights(geometry, input, outputGradient, partial, firstRow, lastRow, scratch);
            }
            else
            {
                AnyWindowWeights(geometry, input, outputGradient, partial, firstRow, lastRow, scratch);
            }
        }
    }

    /// <summary>Sums the partials of all parts, in their order, to the weight gradient [K, K, C] (overwritten).</summary>
    public static void MergeWeights(in ConvolutionGeometry geometry, float* partials, float* weightGradient)
    {
        int parts = WeightParts(geometry);
        int length = geometry.PatchLength;
        new ReadOnlySpan<float>(partials, length).CopyTo(new Span<float>(weightGradient, length));
        for (int part = 1; part < parts; part++)
        {
            Add(partials + (nint)part * length, weightGradient, length);
        }
    }

    private static ConvolutionGeometry Turned(in ConvolutionGeometry geometry) => geometry with
    {
        Height = geometry.OutputHeight,
        Width = geometry.OutputWidth,
        Padding = geometry.Dilation * (geometry.Kernel - 1) - geometry.Padding,
    };

    private static int RowsPerPart(in ConvolutionGeometry geometry)
    {
        long multipliesPerRow = (long)geometry.OutputWidth * geometry.PatchLength / geometry.Stride;
        return (int)Math.Clamp(MultipliesPerPart / Math.Max(multipliesPerRow, 1), 1, geometry.Height);
    }

    private static int PartsPerImage(in ConvolutionGeometry geometry)
    {
        int rows = RowsPerPart(geometry);
        return (geometry.Height + rows - 1) / rows;
    }

    private static void Gather(
        in ConvolutionGeometry geometry, float* outputGradient, float* weights, float* inputGradient, int first, int last)
    {
        int perImage = PartsPerImage(geometry);
        int rowsPerPart = RowsPerPart(geometry);
        nint stride = geometry.Channels;
        nint outputRow = geometry.OutputWidth * stride;
        // Taps that meet the same input pixel are this far apart, and their outputs that far the other way.
        int tapStep = geometry.Stride / GreatestCommonDivisor(geometry.Stride, geometry.Dilation);
        int outputStep = tapStep * geometry.Dilation / geometry.Stride;
        for (int part = first; part < last; part++)
        {
            int image = part / perImage;
            int firstRow = part % perImage * rowsPerPart;
            int lastRow = Math.Min(firstRow + rowsPerPart, geometry.Height);
            float* source = outputGradient + image * geometry.OutputHeight * outputRow;
            for (int row = firstRow; row < lastRow; row++)
            {
                (int tapY, int outputY, int rows) = Seen(row + geometry.Padding, geometry.OutputHeight, tapStep, outputStep, geometry);
                for (int column = 0; column < geometry.Width; column++)
                {
                    (int tapX, int outputX, int columns) =
                        Seen(column + geometry.Padding, geometry.OutputWidth, tapStep, outputStep, geometry);
                    DepthwiseTiles.SumTaps<Identity>(
                        source + outputY * outputRow + outputX * stride, -outputStep * outputRow, -outputStep * stride,
                        weights + (tapY * geometry.Kernel + tapX) * stride, tapStep * geometry.Kernel * stride, tapStep * stride,
                        rows, columns, new EpilogueArguments(),
                        inputGradient + (((nint)image * geometry.Height + row) * geometry.Width + column) * stride,
                        geometry.Channels);
                }
            }
        }
    }

    // The first tap that lies over a (padded) input position and the output it belongs to, and how many such taps there are.
    private static (int Tap, int Output, int Count) Seen(
        int position, int outputs, int tapStep, int outputStep, in ConvolutionGeometry geometry)
    {
        int tap = geometry.Dilation == 1 ? position % geometry.Stride : 0;
        while ((position - tap * geometry.Dilation) % geometry.Stride != 0)
        {
            if (++tap == tapStep)
            {
                return default;
            }
        }
        int output = (position - tap * geometry.Dilation) / geometry.Stride;
        // Windows past the last output are skipped.
        int skipped = Math.Max(output - outputs + outputStep, 0) / outputStep;
        tap += skipped * tapStep;
        output -= skipped * outputStep;
        return tap >= geometry.Kernel || output < 0
            ? default
            : (tap, output, Math.Min((geometry.Kernel - 1 - tap) / tapStep, output / outputStep) + 1);
    }

    private static int GreatestCommonDivisor(int left, int right) => right == 0 ? left : GreatestCommonDivisor(right, left % right);

    private static void SmallWindowWeights(
        in ConvolutionGeometry geometry, float* input, float* outputGradient, float* partial, int firstRow, int lastRow, float* scratch)
    {
        nint stride = geometry.Channels;
        int width = geometry.OutputWidth;
        float* gradients = scratch + RowWindow.Floats(geometry);
        float* sums = gradients + RowWindow.Floats(geometry);
        for (int channel = 0, channels; channel < geometry.Channels; channel += channels)
        {
            channels = RowWindow.BlockChannels(geometry, geometry.Channels - channel);
            nint blockStride = channels + 7 & ~7;
            new Span<float>(sums, (int)(9 * blockStride)).Clear();
            // The last tile's missing pixels have no gradient.
            new Span<float>(gradients + width * blockStride, (int)(DepthwiseTiles.Columns * blockStride)).Clear();
            for (int row = firstRow; row < lastRow;)
            {
                int image = row / geometry.OutputHeight;
                int imageEnd = Math.Min((image + 1) * geometry.OutputHeight, lastRow);
                RowWindow window = new(
                    input + (nint)image * geometry.Height * geometry.Width * stride + channel, geometry, channels, scratch);
                int top = row - image * geometry.OutputHeight - geometry.Padding;
                window.Push(top++);
                window.Push(top++);
                for (; row < imageEnd; row++)
                {
                    window.Push(top++);
                    float* row0 = window.Row(0);
                    float* row1 = window.Row(1);
                    float* row2 = window.Row(2);
                    RowWindow.Copy(outputGradient + (nint)row * width * stride + channel, stride, gradients, blockStride, width, channels);
                    for (int column = 0; column < width; column += DepthwiseTiles.Columns)
                    {
                        nint shift = column * blockStride;
                        DepthwiseTiles.AddWeightGradient3x3(row0 + shift, row1 + shift, row2 + shift, gradients + shift, sums, blockStride);
                    }
                }
            }
            for (int tap = 0; tap < 9; tap++)
            {
                new ReadOnlySpan<float>(sums + tap * blockStride, channels).CopyTo(
                    new Span<float>(partial + tap * stride + channel, channels));
            }
        }
    }

    private static void AnyWindowWeights(
        in ConvolutionGeometry geometry, float* input, float* outputGradient, float* partial, int firstRow, int lastRow, float* scratch)
    {
        new Span<float>(partial, geometry.PatchLength).Clear();
        nint stride = geometry.Channels;
        nint inputRow = geometry.Width * stride;
        nint outputRow = geometry.OutputWidth * stride;
        for (int row = firstRow, end; row < lastRow; row = end)
        {
            int image = row / geometry.OutputHeight;
            int imageRow = image * geometry.OutputHeight;
            end = Math.Min(imageRow + geometry.OutputHeight, lastRow);
            float* source = input + image * geometry.Height * inputRow;
            for (int tap = 0; tap < geometry.Kernel * geometry.Kernel; tap++)
            {
                int shiftY = tap / geometry.Kernel * geometry.Dilation - geometry.Padding;
                int shiftX = tap % geometry.Kernel * geometry.Dilation - geometry.Padding;
                (int firstY, int lastY) = DepthwiseConvolutionKernel.TapsInside(shiftY, geometry.Height, end - imageRow, geometry.Stride);
                firstY = Math.Max(firstY, row - imageRow);
                (int firstX, int lastX) =
                    DepthwiseConvolutionKernel.TapsInside(shiftX, geometry.Width, geometry.OutputWidth, geometry.Stride);
                // Windows of one tap form a rectangle, just as the taps of one window do.
                DepthwiseTiles.SumTaps<Identity>(
                    source + (firstY * geometry.Stride + shiftY) * inputRow + (firstX * geometry.Stride + shiftX) * stride,
                    geometry.Stride * inputRow, geometry.Stride * stride,
                    outputGradient + (imageRow + firstY) * outputRow + firstX * stride, outputRow, stride,
                    lastY - firstY, lastX - firstX, new EpilogueArguments(), scratch, geometry.Channels);
                Add(scratch, partial + tap * stride, geometry.Channels);
            }
        }
    }

    private static void Add(float* source, float* target, int length)
    {
        int index = 0;
        for (; index + Vector256<float>.Count <= length; index += Vector256<float>.Count)
        {
            (Vector256.Load(target + index) + Vector256.Load(source + index)).Store(target + index);
        }
        for (; index < length; index++)
        {
            target[index] += source[index];
        }
    }
}
