namespace Fovea.Engine.Kernels;

/// <summary>
/// The gradient of a dense convolution with respect to its weights O,KH,KW,C: a <see cref="WeightGradientKernel"/> of the output gradient
/// with the patches of the input. Runs, then merges.
/// </summary>
internal static unsafe class ConvolutionWeightGradientKernel
{
    /// <summary>Independent parts of <see cref="Run"/>.</summary>
    public static int Parts(in ConvolutionGeometry geometry) =>
        WeightGradientKernel.Parts(geometry.OutputPixels, geometry.Outputs, geometry.PatchLength);

    /// <summary>Floats of partials between the run and the merge.</summary>
    public static nint PartialFloats(in ConvolutionGeometry geometry) =>
        WeightGradientKernel.PartialFloats(geometry.OutputPixels, geometry.Outputs, geometry.PatchLength);

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    public static nint ScratchFloats(in ConvolutionGeometry geometry) => WeightGradientKernel.ScratchFloats(geometry.PatchLength);

    /// <summary>Independent parts of <see cref="Merge"/>; 0 when there is nothing to merge.</summary>
    public static int MergeParts(in ConvolutionGeometry geometry) =>
        WeightGradientKernel.MergeParts(geometry.OutputPixels, geometry.Outputs, geometry.PatchLength);

    /// <summary>Runs parts [firstPart, lastPart) from the input N,H,W,C and the output gradient N,OH,OW,O.</summary>
    public static void Run(
        in ConvolutionGeometry geometry, float* input, float* outputGradient, float* weightGradient, float* partials,
        int firstPart, int lastPart, float* scratch)
    {
        WeightGradientArguments arguments = Arguments(in geometry, outputGradient, weightGradient, partials);
        if (geometry.IsPointwise)
        {
            WeightGradientKernel.Run(in arguments, input, geometry.Channels, firstPart, lastPart, scratch);
        }
        else
        {
            WeightGradientKernel.Run(in arguments, new ConvolutionPatches(input, in geometry), firstPart, lastPart, scratch);
        }
    }

    /// <summary>Merges parts [firstPart, lastPart) of the partials into the weight gradient.</summary>
    public static void Merge(in ConvolutionGeometry geometry, float* weightGradient, float* partials, int firstPart, int lastPart) =>
        WeightGradientKernel.Merge(Arguments(in geometry, null, weightGradient, partials), firstPart, lastPart);

    private static WeightGradientArguments Arguments(
        in ConvolutionGeometry geometry, float* outputGradient, float* weightGradient, float* partials) => new()
        {
            Rows = geometry.OutputPixels,
            Outputs = geometry.Outputs,
            Inputs = geometry.PatchLength,
            OutputGradient = outputGradient,
            OutputGradientStride = geometry.Outputs,
            Gradient = weightGradient,
            Partials = partials,
        };
}
