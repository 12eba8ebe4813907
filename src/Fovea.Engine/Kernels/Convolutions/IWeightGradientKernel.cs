namespace Fovea.Engine.Kernels;

/// <summary>
/// A kernel for the gradient of a dense convolution's weights O,KH,KW,C, for those convolutions on which it is faster than
/// <see cref="ConvolutionWeightGradientKernel"/>. Runs, then merges.
/// </summary>
internal unsafe interface IWeightGradientKernel
{
    /// <summary>True if the kernel computes a convolution, and faster than the direct product.</summary>
    static abstract bool IsFaster(in ConvolutionGeometry convolution);

    /// <summary>Independent parts of <see cref="Run"/>, which follow from the shape alone.</summary>
    static abstract int Parts(in ConvolutionGeometry convolution);

    /// <summary>Floats of the sums that <see cref="Run"/> leaves for <see cref="Merge"/>.</summary>
    static abstract nint PartialFloats(in ConvolutionGeometry convolution);

    /// <summary>Floats of scratch that <see cref="Run"/> needs.</summary>
    static abstract nint ScratchFloats(in ConvolutionGeometry convolution);

    /// <summary>Independent parts of <see cref="Merge"/>.</summary>
    static abstract int MergeParts(in ConvolutionGeometry convolution);

    /// <summary>Runs parts [firstPart, lastPart) from the input N,H,W,C and the output gradient N,OH,OW,O.</summary>
    static abstract void Run(
        in ConvolutionGeometry convolution, float* input, float* outputGradient, float* partials, int firstPart, int lastPart,
        float* scratch);

    /// <summary>Merges parts [firstPart, lastPart) of the partials into the weight gradient.</summary>
    static abstract void Merge(in ConvolutionGeometry convolution, float* weightGradient, float* partials, int firstPart, int lastPart);
}
