using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The innermost loops of every matrix product: a few rows of the left operand against one 16-column panel of the right one, with the
/// sums in registers. The sum of an element runs over the depth in ascending order in every kernel, so that the bits do not depend on the
/// kernel chosen. There is one for each width of vectors (<see cref="MicroKernel128"/>, <see cref="MicroKernel256"/>,
/// <see cref="MicroKernel512"/>), over the same panels.
/// </summary>
internal static unsafe class MicroKernel
{
    /// <summary>Rows of the largest tile.</summary>
    public const int Rows = 6;

    /// <summary>Columns of every tile: two vectors of eight.</summary>
    public const int Columns = 16;

    /// <summary>
    /// The number of the <paramref name="remaining"/> rows that the next tile takes: six, but seven and eight rows split in two tiles of
    /// at most four, as a tile of one or two rows waits for the latency of its own sums.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextRows(int remaining) => remaining is 7 or 8 ? 4 : Math.Min(remaining, Rows);

    /// <inheritdoc cref="Multiply(float*, nint, int, float*, nint, float*, nint, bool, in PanelPrefetch)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(
        float* left, nint leftStride, int rows, float* right, nint depth, float* result, nint resultStride, bool resume) =>
        Multiply(left, leftStride, rows, right, depth, result, resultStride, resume, default);

    /// <summary>
    /// Computes one tile: result[i, j] = (resume ? result[i, j] : 0) + Σk left[i, k] · right[k, j] for i below <paramref name="rows"/> (1
    /// to 6) and j below 16.
    /// </summary>
    /// <param name="left">First row; rows are <paramref name="leftStride"/> floats apart, the depth contiguous.</param>
    /// <param name="leftStride">Floats between left rows.</param>
    /// <param name="rows">Rows to compute, 1 to 6.</param>
    /// <param name="right">The panel at the first depth: 16 floats for every depth.</param>
    /// <param name="depth">Terms of each sum.</param>
    /// <param name="result">First element of the tile; may not overlap the operands.</param>
    /// <param name="resultStride">Floats between result rows.</param>
    /// <param name="resume">True to add to what stands in the result.</param>
    /// <param name="prefetch">The share of the next panel to prefetch meanwhile.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(
        float* left, nint leftStride, int rows, float* right, nint depth, float* result, nint resultStride, bool resume,
        in PanelPrefetch prefetch)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            MicroKernel512.Multiply(left, leftStride, rows, right, depth, result, resultStride, resume);
        }
        else if (!Vector256.IsHardwareAccelerated)
        {
            MicroKernel128.Multiply(left, leftStride, rows, right, depth, result, resultStride, resume);
        }
        else
        {
            MicroKernel256.Multiply(left, leftStride, rows, right, depth, result, resultStride, resume, in prefetch);
        }
    }

    /// <summary>
    /// Computes a tile of six rows whose sums are then complete, and finishes them: in registers if there are enough, else from a tile
    /// beside the result. Rows of the result may be a power of two apart, and what was just stored there is slow to read again.
    /// </summary>
    /// <param name="left">First row; rows are <paramref name="leftStride"/> floats apart, the depth contiguous.</param>
    /// <param name="leftStride">Floats between left rows.</param>
    /// <param name="right">The panel at the first depth.</param>
    /// <param name="depth">Terms of each sum.</param>
    /// <param name="result">First element of the tile.</param>
    /// <param name="resultStride">Floats between result rows, and between those of the epilogue's residuals.</param>
    /// <param name="resume">True to add to what stands in the result.</param>
    /// <param name="prefetch">The share of the next panel to prefetch meanwhile.</param>
    /// <param name="epilogue">The epilogue.</param>
    /// <param name="column">The tile's first column.</param>
    /// <param name="offset">The element of the residuals that stands where the tile begins.</param>
    /// <param name="tile">Memory of a tile, at the start of a cache line.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAndFinish<TActivation>(
        float* left, nint leftStride, float* right, nint depth, float* result, nint resultStride, bool resume,
        in PanelPrefetch prefetch, in EpilogueArguments epilogue, nint column, nint offset, float* tile)
        where TActivation : struct, IActivation
    {
        if (TActivation.IsLight && Vector256.IsHardwareAccelerated && !Vector512.IsHardwareAccelerated)
        {
            MicroKernel256.SixRows<TActivation>(
                left, leftStride, Rows - 1, right, depth, result, resultStride, resume, in prefetch, finish: true, in epilogue, column,
                offset);
        }
        else if (resume)
        {
            Multiply(left, leftStride, Rows, right, depth, result, resultStride, resume, in prefetch);
            epilogue.Finish<TActivation>(result, resultStride, Rows, Columns, column, offset, result, resultStride);
        }
        else
        {
            Multiply(left, leftStride, Rows, right, depth, tile, Columns, resume, in prefetch);
            epilogue.Finish<TActivation>(tile, Columns, Rows, Columns, column, offset, result, resultStride);
        }
    }
}
