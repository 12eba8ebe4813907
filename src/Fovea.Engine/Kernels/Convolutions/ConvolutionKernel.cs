namespace Fovea.Engine.Kernels;

/// <summary>
/// Dense convolution, input N,H,W,C and weights O,KH,KW,C to output N,OH,OW,O, as the product of gathered patch rows with packed weights.
/// A 1×1 convolution of stride 1 is the plain product of the input as it lies.
/// </summary>
internal static unsafe class ConvolutionKernel
{
    /// <summary>Floats that the packed weights take.</summary>
    public static nint PackedLength(in ConvolutionGeometry geometry) => PanelPacking.PackedLength(geometry.PatchLength, geometry.Outputs);

    /// <summary>Panels of the packed weights: the parts of <see cref="Pack"/>.</summary>
    public static int PackParts(in ConvolutionGeometry geometry) => PanelPacking.Panels(geometry.Outputs);

    /// <summary>Packs weights O,KH,KW,C for <see cref="Forward"/>.</summary>
    public static void Pack(in ConvolutionGeometry geometry, float* weights, float* packed, int firstPart, int lastPart) =>
        PanelPacking.Pack(weights, 1, geometry.PatchLength, geometry.PatchLength, geometry.Outputs, packed, firstPart, lastPart);

    /// <summary>Independent parts of <see cref="Forward"/>.</summary>
    public static int Parts(in ConvolutionGeometry geometry) => MatMulKernel.Parts(geometry.OutputPixels, geometry.Outputs);

    /// <summary>Floats of scratch that <see cref="Forward"/> needs.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry geometry) =>
        geometry.IsPointwise ? 0 : MatMulKernel.GatherFloats(geometry.PatchLength);

    /// <summary>
    /// Computes parts [firstPart, lastPart) of the output, finished by <paramref name="epilogue"/> (residuals laid out as the output).
    /// </summary>
    public static void Forward(
        in ConvolutionGeometry geometry, float* input, float* packedWeights, float* output, in EpilogueArguments epilogue,
        int firstPart, int lastPart, float* scratch)
    {
        MatMulArguments product = new()
        {
            Rows = geometry.OutputPixels,
            Columns = geometry.Outputs,
            Depth = geometry.PatchLength,
            Left = input,
            LeftStride = geometry.Channels,
            PackedRight = packedWeights,
            Result = output,
            ResultStride = geometry.Outputs,
            Epilogue = epilogue,
        };
        if (geometry.IsPointwise)
        {
            MatMulKernel.Multiply(in product, firstPart, lastPart, scratch);
        }
        else
        {
            MatMulKernel.Multiply(in product, new ConvolutionPatches(input, in geometry), firstPart, lastPart, scratch);
        }
    }
}
