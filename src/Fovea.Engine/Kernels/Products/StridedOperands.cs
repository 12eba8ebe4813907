namespace Fovea.Engine.Kernels;

/// <summary>
/// The left operand of a <see cref="StridedMatMulKernel"/> as it lies: element (i, k) is first[i · rowStride + k · depthStride].
/// </summary>
/// <param name="first">Element (0, 0).</param>
/// <param name="rowStride">Floats between rows.</param>
/// <param name="depthStride">Floats between the terms of a sum.</param>
internal readonly unsafe struct StridedLeft(float* first, nint rowStride, nint depthStride)
{
    /// <summary>Element (0, 0).</summary>
    public readonly float* First = first;

    /// <summary>Floats between rows.</summary>
    public readonly nint RowStride = rowStride;

    /// <summary>Floats between the terms of a sum.</summary>
    public readonly nint DepthStride = depthStride;
}

/// <summary>Rows of whole vectors, some floats apart; a stride of 0 is one row for all.</summary>
/// <param name="first">The first row.</param>
/// <param name="stride">Floats between rows.</param>
internal readonly unsafe struct StridedRows(float* first, nint stride)
{
    /// <summary>The first row.</summary>
    public readonly float* First = first;

    /// <summary>Floats between rows.</summary>
    public readonly nint Stride = stride;

    /// <summary>The rows from a later one on.</summary>
    public StridedRows From(nint row) => new(First + row * Stride, Stride);
}
