using System.Runtime.CompilerServices;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The left operand of a matrix product. A struct, so that the product is compiled once for each kind and the call costs nothing.
/// </summary>
internal unsafe interface ILeftOperand
{
    /// <summary>
    /// Gives rows [row, row + rows) at depths [depth, depth + depths) with the depth contiguous: in place where the operand already lies
    /// so, else gathered into <paramref name="scratch"/>, which holds rows · <see cref="LeftBlock.Stride"/>(depths) floats.
    /// </summary>
    float* Block(int row, int rows, int depth, int depths, float* scratch, out nint stride);
}

/// <summary>Sizes of gathered left blocks.</summary>
internal static class LeftBlock
{
    /// <summary>
    /// Floats between the rows of a gathered block: the depth in an odd number of whole vectors, as rows a power of two apart would
    /// compete for the same sets of the cache.
    /// </summary>
    public static int Stride(int depths) => ((depths + 7) & ~7) | 8;
}

/// <summary>A row-major left operand, read where it lies.</summary>
internal readonly unsafe struct RowMajorLeft(float* source, nint stride) : ILeftOperand
{
    private readonly float* _source = source;
    private readonly nint _stride = stride;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Block(int row, int rows, int depth, int depths, float* scratch, out nint stride)
    {
        stride = _stride;
        return _source + row * _stride + depth;
    }
}

/// <summary>A left operand kept transposed, of whose depths some are chosen: element (i, k) at source[chosen[k] · stride + i].</summary>
internal readonly unsafe struct ChosenTransposedLeft(float* source, nint stride, int* chosen) : ILeftOperand
{
    private readonly float* _source = source;
    private readonly nint _stride = stride;
    private readonly int* _chosen = chosen;

    /// <inheritdoc/>
    public float* Block(int row, int rows, int depth, int depths, float* scratch, out nint stride)
    {
        stride = LeftBlock.Stride(depths);
        for (int next = 0, run; next < depths; next += run)
        {
            run = NonZeroRows.Run(_chosen + depth, next, depths);
            TransposeKernel.Transpose(
                _source + (_chosen[depth + next] * _stride) + row, _stride, run, rows, scratch + next, stride);
        }

        return scratch;
    }
}

/// <summary>A left operand kept transposed, element (i, k) at source[k · stride + i]; turned round block by block.</summary>
internal readonly unsafe struct TransposedLeft(float* source, nint stride) : ILeftOperand
{
    private readonly float* _source = source;
    private readonly nint _stride = stride;

    /// <inheritdoc/>
    public float* Block(int row, int rows, int depth, int depths, float* scratch, out nint stride)
    {
        stride = LeftBlock.Stride(depths);
        TransposeKernel.Transpose(_source + depth * _stride + row, _stride, depths, rows, scratch, stride);
        return scratch;
    }
}
