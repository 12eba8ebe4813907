using System.Runtime.CompilerServices;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Dense convolution with few output channels: neighbouring output pixels of a row are computed together, as one pixel with as many
/// channels as fill panels of 16 columns. A panel belongs to a pixel or two, so that it needs hardly more taps than one window has; where a
/// pixel does not use a tap, its weight is zero. The windows are not gathered: rows of the image, with zeros on both sides, are read in
/// place.
/// </summary>
internal static unsafe class PixelBlockedConvolutionKernel
{
    /// <summary>Floats that the packed weights take.</summary>
    public static nint PackedLength(in PixelBlockedGeometry geometry) => PanelStart(in geometry, geometry.Panels);

    /// <summary>Panels of the packed weights: the parts of <see cref="Pack"/>.</summary>
    public static int PackParts(in PixelBlockedGeometry geometry) => geometry.Panels;

    /// <summary>Packs weights O,KH,KW,C for <see cref="Forward"/>: panel by panel the rows of taps, 16 floats for every tap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(in PixelBlockedGeometry geometry, float* weights, float* packed, int firstPart, int lastPart)
    {
        ConvolutionGeometry convolution = geometry.Convolution;
        int rowLength = convolution.Kernel * convolution.Channels;
        for (int panel = firstPart; panel < lastPart; panel++)
        {
            (int firstPixel, int lastPixel) = geometry.PixelsOf(panel);
            int rowFloats = geometry.Depth(panel) * MicroKernel.Columns;
            float* target = packed + PanelStart(in geometry, panel);
            new Span<float>(target, rowFloats * convolution.Kernel).Clear();
            for (int pixel = firstPixel; pixel <= lastPixel; pixel++)
            {
                // The pixel's outputs as columns of the panel, and those of them that lie in it.
                int column = pixel * convolution.Outputs - panel * MicroKernel.Columns;
                int first = Math.Max(column, 0);
                int last = Math.Min(column + convolution.Outputs, MicroKernel.Columns);
                float* source = weights + (nint)(first - column) * convolution.PatchLength;
                float* place = target + (pixel - firstPixel) * convolution.Stride * convolution.Channels * MicroKernel.Columns + first;
                for (int row = 0; row < convolution.Kernel; row++)
                {
                    TransposeKernel.Transpose(
                        source + row * rowLength, convolution.PatchLength, last - first, rowLength, place + (nint)row * rowFloats,
                        MicroKernel.Columns);
                }
            }
        }
    }

    /// <summary>Independent parts of <see cref="Forward"/>.</summary>
    public static int Parts(in PixelBlockedGeometry geometry) => geometry.Parts;

    /// <summary>Floats of scratch that <see cref="Forward"/> needs.</summary>
    public static nint ScratchFloats(in PixelBlockedGeometry geometry)
    {
        ScratchAllocator allocator = new(null);
        _ = new Scratch(in geometry, ref allocator);
        return allocator.Floats;
    }

    /// <summary>
    /// Computes parts [firstPart, lastPart) of the output, finished by <paramref name="epilogue"/> (residuals laid out as the output).
    /// </summary>
    public static void Forward(
        in PixelBlockedGeometry geometry, float* input, float* packedWeights, float* output, in EpilogueArguments epilogue,
        int firstPart, int lastPart, float* scratch)
    {
        ScratchAllocator allocator = new(scratch);
        Scratch memory = new(in geometry, ref allocator);
        EpilogueArguments blocked = epilogue;
        blocked.Bias = Repeat(in geometry, epilogue.Bias, memory.Bias);
        blocked.Scale = Repeat(in geometry, epilogue.Scale, memory.Scale);
        blocked.Shift = Repeat(in geometry, epilogue.Shift, memory.Shift);
        for (int part = firstPart; part < lastPart; part++)
        {
            (int image, int block) = Math.DivRem(part, geometry.ImageParts);
            int firstRow = block * geometry.PartRows;
            int rows = Math.Min(geometry.PartRows, geometry.Convolution.OutputHeight - firstRow);
            Fill(in geometry, input, image, firstRow, rows, memory.Input);
            Multiply(in geometry, memory.Input, packedWeights, firstRow, rows, memory.Sums);
            Finish(in geometry, memory.Sums, image * geometry.Convolution.OutputHeight + firstRow, rows, output, in blocked);
        }
    }

    // Rows of the image with zeros on both sides; rows above and below the image are never read.
    private static void Fill(in PixelBlockedGeometry geometry, float* input, int image, int firstRow, int rows, float* target)
    {
        ConvolutionGeometry convolution = geometry.Convolution;
        int top = firstRow * convolution.Stride - convolution.Padding;
        int bottom = Math.Min(top + (rows - 1) * convolution.Stride + convolution.Kernel, convolution.Height);
        int left = convolution.Padding * convolution.Channels;
        int length = Math.Min(convolution.Width * convolution.Channels, geometry.InputPitch - left);
        for (int y = Math.Max(top, 0); y < bottom; y++)
        {
            float* source = input + ((nint)image * convolution.Height + y) * convolution.Width * convolution.Channels;
            Span<float> row = new(target + (nint)(y - top) * geometry.InputPitch, geometry.InputPitch);
            row[..left].Clear();
            new ReadOnlySpan<float>(source, length).CopyTo(row[left..]);
            row[(left + length)..].Clear();
        }
    }

    // One panel after another: its weights stay in L2 while the rows go by.
    private static void Multiply(in PixelBlockedGeometry geometry, float* input, float* weights, int firstRow, int rows, float* sums)
    {
        ConvolutionGeometry convolution = geometry.Convolution;
        int groupStride = geometry.Pixels * convolution.Stride * convolution.Channels;
        for (int panel = 0; panel < geometry.Panels; panel++)
        {
            int depth = geometry.Depth(panel);
            int groups = geometry.GroupsOf(panel);
            int start = geometry.PixelsOf(panel).First * convolution.Stride * convolution.Channels;
            for (int row = 0; row < rows; row++)
            {
                int top = (firstRow + row) * convolution.Stride - convolution.Padding;
                int firstTap = Math.Max(-top, 0);
                int taps = Math.Min(convolution.Kernel, convolution.Height - top) - firstTap;
                PixelBlockedMicroKernel.Multiply(
                    input + (nint)(row * convolution.Stride + firstTap) * geometry.InputPitch + start, groupStride, groups,
                    geometry.InputPitch, taps,
                    weights + firstTap * depth * MicroKernel.Columns, depth,
                    sums + (nint)row * geometry.SumPitch + panel * MicroKernel.Columns, geometry.Columns);
            }

            weights += (nint)convolution.Kernel * depth * MicroKernel.Columns;
        }
    }

    // The sums of a row lie as its outputs do, except that the last group may hang over.
    private static void Finish(
        in PixelBlockedGeometry geometry, float* sums, int firstLine, int rows, float* output, in EpilogueArguments epilogue)
    {
        int lineLength = geometry.Convolution.OutputWidth * geometry.Convolution.Outputs;
        for (int row = 0; row < rows; row++)
        {
            nint offset = (nint)(firstLine + row) * lineLength;
            float* line = sums + (nint)row * geometry.SumPitch;
            if (!epilogue.IsEmpty)
            {
                for (int panel = 0; panel < geometry.Panels; panel++)
                {
                    int column = panel * MicroKernel.Columns;
                    epilogue.Finish(line + column, geometry.Columns, geometry.GroupsOf(panel), column, offset + column);
                }
            }

            new ReadOnlySpan<float>(line, lineLength).CopyTo(new Span<float>(output + offset, lineLength));
        }
    }

    // What an epilogue has for every output, again for every pixel of a group.
    private static float* Repeat(in PixelBlockedGeometry geometry, float* values, float* target)
    {
        if (values == null)
        {
            return null;
        }

        for (int pixel = 0; pixel < geometry.Pixels; pixel++)
        {
            int outputs = geometry.Convolution.Outputs;
            new ReadOnlySpan<float>(values, outputs).CopyTo(new Span<float>(target + pixel * outputs, outputs));
        }

        return target;
    }

    private static nint PanelStart(in PixelBlockedGeometry geometry, int panel)
    {
        nint depth = 0;
        for (int before = 0; before < panel; before++)
        {
            depth += geometry.Depth(before);
        }

        return depth * geometry.Convolution.Kernel * MicroKernel.Columns;
    }

    private readonly ref struct Scratch(in PixelBlockedGeometry geometry, ref ScratchAllocator allocator)
    {
        public readonly float* Input = allocator.Take(geometry.InputFloats);
        public readonly float* Sums = allocator.Take(geometry.SumFloats);
        public readonly float* Bias = allocator.Take(geometry.Columns);
        public readonly float* Scale = allocator.Take(geometry.Columns);
        public readonly float* Shift = allocator.Take(geometry.Columns);
    }
}
