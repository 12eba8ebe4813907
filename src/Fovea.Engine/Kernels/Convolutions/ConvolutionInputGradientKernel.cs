namespace Fovea.Engine.Kernels;

/// <summary>
/// The gradient of a dense convolution with respect to its input. With stride 1 it is itself a convolution of the output gradient, with
/// the weights turned by 180° and their channels exchanged; otherwise patch rows of gradient are computed and added where they were
/// gathered.
/// </summary>
internal static unsafe class ConvolutionInputGradientKernel
{
    private const int BlockPixels = 96;

    /// <summary>Floats that the packed weights take.</summary>
    public static nint PackedLength(in ConvolutionGeometry geometry) => IsConvolution(in geometry)
        ? PanelPacking.PackedLength(Reversed(in geometry).PatchLength, geometry.Channels)
        : PanelPacking.PackedLength(geometry.Outputs, geometry.PatchLength);

    /// <summary>Independent parts of <see cref="Pack"/>.</summary>
    public static int PackParts(in ConvolutionGeometry geometry) =>
        PanelPacking.Panels(IsConvolution(in geometry) ? geometry.Channels : geometry.PatchLength);

    /// <summary>Packs weights O,KH,KW,C for <see cref="Run"/>.</summary>
    public static void Pack(in ConvolutionGeometry geometry, float* weights, float* packed, int firstPart, int lastPart)
    {
        if (!IsConvolution(in geometry))
        {
            PanelPacking.Pack(weights, geometry.PatchLength, 1, geometry.Outputs, geometry.PatchLength, packed, firstPart, lastPart);
            return;
        }

        int taps = geometry.Kernel * geometry.Kernel;
        for (int panel = firstPart; panel < lastPart; panel++)
        {
            int column = panel * MicroKernel.Columns;
            for (int tap = 0; tap < taps; tap++)
            {
                float* source = weights + (taps - 1 - tap) * geometry.Channels + column;
                float* target = packed + ((nint)panel * taps + tap) * geometry.Outputs * MicroKernel.Columns;
                PanelPacking.Pack(source, geometry.PatchLength, 1, geometry.Outputs, geometry.Channels - column, target, 0, 1);
            }
        }
    }

    /// <summary>Independent parts of <see cref="Run"/>: those of the reversed convolution with stride 1, else images.</summary>
    public static int Parts(in ConvolutionGeometry geometry) =>
        IsConvolution(in geometry) ? ConvolutionKernel.Parts(Reversed(in geometry)) : geometry.Batch;

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry geometry) => IsConvolution(in geometry)
        ? ConvolutionKernel.ScratchFloats(Reversed(in geometry))
        : (nint)BlockPixels * geometry.PatchLength;

    /// <summary>
    /// Computes parts [firstPart, lastPart) of the input gradient N,H,W,C from the output gradient N,OH,OW,O.
    /// </summary>
    public static void Run(
        in ConvolutionGeometry geometry, float* outputGradient, float* packedWeights, float* inputGradient,
        int firstPart, int lastPart, float* scratch)
    {
        if (IsConvolution(in geometry))
        {
            ConvolutionKernel.Forward(
                Reversed(in geometry), outputGradient, packedWeights, inputGradient, default, firstPart, lastPart, scratch);
            return;
        }

        ConvolutionPatches patches = new(inputGradient, in geometry);
        int pixels = geometry.OutputHeight * geometry.OutputWidth;
        nint imageFloats = (nint)geometry.Height * geometry.Width * geometry.Channels;
        for (int image = firstPart; image < lastPart; image++)
        {
            Clear(inputGradient + image * imageFloats, imageFloats);
            for (int pixel = 0; pixel < pixels; pixel += BlockPixels)
            {
                int row = image * pixels + pixel;
                int rows = Math.Min(BlockPixels, pixels - pixel);
                MatMulArguments product = new()
                {
                    Rows = rows,
                    Columns = geometry.PatchLength,
                    Depth = geometry.Outputs,
                    Left = outputGradient + (nint)row * geometry.Outputs,
                    LeftStride = geometry.Outputs,
                    PackedRight = packedWeights,
                    Result = scratch,
                    ResultStride = geometry.PatchLength,
                };
                MatMulKernel.Multiply(in product, 0, MatMulKernel.Parts(rows, geometry.PatchLength), null);
                patches.ScatterAdd(row, rows, scratch, geometry.PatchLength);
            }
        }
    }

    // A padding larger than the window would make the reversed one negative.
    private static bool IsConvolution(in ConvolutionGeometry geometry) => geometry.Stride == 1 && geometry.Padding < geometry.Extent;

    private static ConvolutionGeometry Reversed(in ConvolutionGeometry geometry) => geometry with
    {
        Height = geometry.OutputHeight,
        Width = geometry.OutputWidth,
        Channels = geometry.Outputs,
        Outputs = geometry.Channels,
        Padding = geometry.Extent - 1 - geometry.Padding,
    };

    private static void Clear(float* target, nint count)
    {
        for (; count > 0; count -= int.MaxValue / 2, target += int.MaxValue / 2)
        {
            new Span<float>(target, (int)Math.Min(count, int.MaxValue / 2)).Clear();
        }
    }
}
