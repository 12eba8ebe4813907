namespace Fovea.Engine.Kernels;

/// <summary>
/// Dense convolution, input N,H,W,C and weights O,KH,KW,C to output N,OH,OW,O, as the product of gathered patch rows with packed weights.
/// A 1×1 convolution of stride 1 is the plain product of the input as it lies.
/// </summary>
internal static unsafe class Convolution
{
    /// <summary>Floats that the packed weights take.</summary>
    public static nint PackedLength(in ConvolutionGeometry geometry) => RightPacking.PackedLength(geometry.PatchLength, geometry.Outputs);

    /// <summary>Panels of the packed weights: the parts of <see cref="Pack"/>.</summary>
    public static int PackParts(in ConvolutionGeometry geometry) => RightPacking.Panels(geometry.Outputs);

    /// <summary>Packs weights O,KH,KW,C for <see cref="Forward"/>.</summary>
    public static void Pack(in ConvolutionGeometry geometry, float* weights, float* packed, int firstPart, int lastPart) =>
        RightPacking.Pack(weights, 1, geometry.PatchLength, geometry.PatchLength, geometry.Outputs, packed, firstPart, lastPart);

    /// <summary>Independent parts of <see cref="Forward"/>.</summary>
    public static int Parts(in ConvolutionGeometry geometry) => MatMul.Parts(geometry.OutputPixels, geometry.Outputs);

    /// <summary>Floats of scratch that <see cref="Forward"/> needs.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry geometry) =>
        geometry.IsPointwise ? 0 : MatMul.GatherFloats(geometry.PatchLength);

    /// <summary>
    /// Computes parts [firstPart, lastPart) of the output, finished by <paramref name="epilogue"/> (residuals laid out as the output).
    /// </summary>
    public static void Forward(
        in ConvolutionGeometry geometry, float* input, float* packedWeights, float* output, in Epilogue epilogue,
        int firstPart, int lastPart, float* scratch)
    {
        var product = new ProductArguments
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
            MatMul.Multiply(in product, firstPart, lastPart, scratch);
        }
        else
        {
            MatMul.Multiply(in product, new ConvolutionPatches(input, in geometry), firstPart, lastPart, scratch);
        }
    }
}
