namespace Fovea.Engine.Kernels;

/// <summary>
/// Geometry of a window that slides over an image: input N,H,W,C, square kernel, equal stride, padding and dilation along both sides.
/// Serves dense convolution (<see cref="Outputs"/> free), depthwise convolution and pooling (<see cref="Outputs"/> =
/// <see cref="Channels"/>).
/// </summary>
/// <param name="Batch">Images, N.</param>
/// <param name="Height">Input rows, H.</param>
/// <param name="Width">Input columns, W.</param>
/// <param name="Channels">Input channels, C.</param>
/// <param name="Outputs">Output channels, O.</param>
/// <param name="Kernel">Taps along each side of the window.</param>
/// <param name="Stride">Input pixels between neighbouring windows.</param>
/// <param name="Padding">Zero pixels (or absent ones, when pooling) around the input on each side.</param>
/// <param name="Dilation">Input pixels between neighbouring taps; 1 is a solid window.</param>
internal readonly record struct ConvolutionGeometry(
    int Batch,
    int Height,
    int Width,
    int Channels,
    int Outputs,
    int Kernel,
    int Stride = 1,
    int Padding = 0,
    int Dilation = 1)
{
    /// <summary>Input pixels that one window spans, from its first tap to its last.</summary>
    public int Extent => Dilation * (Kernel - 1) + 1;

    /// <summary>Output rows, OH = (H + 2·padding − extent) / stride + 1, rounded down.</summary>
    public int OutputHeight => (Height + 2 * Padding - Extent) / Stride + 1;

    /// <summary>Output columns, OW = (W + 2·padding − extent) / stride + 1, rounded down.</summary>
    public int OutputWidth => (Width + 2 * Padding - Extent) / Stride + 1;

    /// <summary>Output pixels over the whole batch, N·OH·OW: the rows of the convolution written as a matrix product.</summary>
    public int OutputPixels => Batch * OutputHeight * OutputWidth;

    /// <summary>Input values that one window covers, kernel·kernel·C: the depth of the convolution written as a matrix product.</summary>
    public int PatchLength => Kernel * Kernel * Channels;

    /// <summary>True if every window is exactly one input pixel, so that input and patch rows are the same bytes.</summary>
    public bool IsPointwise => Kernel == 1 && Stride == 1 && Padding == 0;
}
