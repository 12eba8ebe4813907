using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The innermost loops of every matrix product: a few rows of the left operand against one 16-column panel of the right one, with the
/// sums in registers. Six rows fill the 16 vector registers of AVX2 exactly: 12 sums, 2 right vectors, 1 broadcast. The sum of an element
/// runs over the depth in ascending order in every kernel, so that the bits do not depend on the kernel chosen. Processors with wider or
/// narrower vectors have kernels of their own (<see cref="MicroKernel512"/>, <see cref="MicroKernel128"/>) over the same panels.
/// </summary>
internal static unsafe class MicroKernel
{
    /// <summary>Rows of the largest tile.</summary>
    public const int Rows = 6;

    /// <summary>Columns of every tile: two vectors of eight.</summary>
    public const int Columns = 16;

    /// <summary>
    /// How many of the <paramref name="remaining"/> rows the next tile should take: six, but seven and eight rows split in two tiles of
    /// at most four, as a tile of one or two rows waits for the latency of its own sums.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextRows(int remaining) => remaining is 7 or 8 ? 4 : Math.Min(remaining, Rows);

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
    /// <param name="resume">Whether to add to what stands in the result.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(
        float* left, nint leftStride, int rows, float* right, nint depth, float* result, nint resultStride, bool resume)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            MicroKernel512.Multiply(left, leftStride, rows, right, depth, result, resultStride, resume);
        }
        else if (!Vector256.IsHardwareAccelerated)
        {
            MicroKernel128.Multiply(left, leftStride, rows, right, depth, result, resultStride, resume);
        }
        else if (rows > 4)
        {
            SixRows<Identity>(left, leftStride, rows - 1, right, depth, result, resultStride, resume, finish: false, default, 0, 0);
        }
        else if (rows > 2)
        {
            FourRows(left, leftStride, rows - 1, right, depth, result, resultStride, resume);
        }
        else
        {
            TwoRows(left, leftStride, rows - 1, right, depth, result, resultStride, resume);
        }
    }

    /// <summary>
    /// Computes a tile of six rows whose sums are then complete, and finishes them: in registers if there are enough, else from a tile beside
    /// the result. Rows of the result may be a power of two apart, and what was just stored there is slow to read again.
    /// </summary>
    /// <param name="left">First row; rows are <paramref name="leftStride"/> floats apart, the depth contiguous.</param>
    /// <param name="leftStride">Floats between left rows.</param>
    /// <param name="right">The panel at the first depth.</param>
    /// <param name="depth">Terms of each sum.</param>
    /// <param name="result">First element of the tile.</param>
    /// <param name="resultStride">Floats between result rows, and between those of the epilogue's residuals.</param>
    /// <param name="resume">Whether to add to what stands in the result.</param>
    /// <param name="epilogue">What happens to the sums.</param>
    /// <param name="column">The tile's first column.</param>
    /// <param name="offset">The element of the residuals that stands where the tile begins.</param>
    /// <param name="tile">Memory of a tile, at the start of a cache line.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyAndFinish<TActivation>(
        float* left, nint leftStride, float* right, nint depth, float* result, nint resultStride, bool resume,
        in Epilogue epilogue, nint column, nint offset, float* tile)
        where TActivation : struct, IActivation
    {
        if (TActivation.IsLight && Vector256.IsHardwareAccelerated && !Vector512.IsHardwareAccelerated)
        {
            SixRows<TActivation>(
                left, leftStride, Rows - 1, right, depth, result, resultStride, resume, finish: true, in epilogue, column, offset);
        }
        else if (resume)
        {
            Multiply(left, leftStride, Rows, right, depth, result, resultStride, resume);
            epilogue.Finish<TActivation>(result, resultStride, Rows, Columns, column, offset, result, resultStride);
        }
        else
        {
            Multiply(left, leftStride, Rows, right, depth, tile, Columns, resume);
            epilogue.Finish<TActivation>(tile, Columns, Rows, Columns, column, offset, result, resultStride);
        }
    }

    // What stood in the result is added last, so that no sum waits for it.
    // Where fewer rows exist than the kernel has, the last row is computed (and stored) more than once: same inputs, same bits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixRows<TActivation>(
        float* left, nint leftStride, nint lastRow, float* right, nint depth, float* result, nint resultStride, bool resume,
        bool finish, in Epilogue epilogue, nint column, nint offset)
        where TActivation : struct, IActivation
    {
        var sum00 = Vector256<float>.Zero;
        var sum01 = sum00;
        var sum10 = sum00;
        var sum11 = sum00;
        var sum20 = sum00;
        var sum21 = sum00;
        var sum30 = sum00;
        var sum31 = sum00;
        var sum40 = sum00;
        var sum41 = sum00;
        var sum50 = sum00;
        var sum51 = sum00;
        var left0 = left;
        var left1 = left + leftStride;
        var left2 = left + 2 * leftStride;
        var left3 = left + 3 * leftStride;
        var left4 = left + 4 * leftStride;
        var left5 = left + lastRow * leftStride;
        for (nint k = 0; k < depth; k++)
        {
            var right0 = Vector256.Load(right);
            var right1 = Vector256.Load(right + 8);
            var value = Vector256.Create(left0[k]);
            sum00 = Vector256.FusedMultiplyAdd(value, right0, sum00);
            sum01 = Vector256.FusedMultiplyAdd(value, right1, sum01);
            value = Vector256.Create(left1[k]);
            sum10 = Vector256.FusedMultiplyAdd(value, right0, sum10);
            sum11 = Vector256.FusedMultiplyAdd(value, right1, sum11);
            value = Vector256.Create(left2[k]);
            sum20 = Vector256.FusedMultiplyAdd(value, right0, sum20);
            sum21 = Vector256.FusedMultiplyAdd(value, right1, sum21);
            value = Vector256.Create(left3[k]);
            sum30 = Vector256.FusedMultiplyAdd(value, right0, sum30);
            sum31 = Vector256.FusedMultiplyAdd(value, right1, sum31);
            value = Vector256.Create(left4[k]);
            sum40 = Vector256.FusedMultiplyAdd(value, right0, sum40);
            sum41 = Vector256.FusedMultiplyAdd(value, right1, sum41);
            value = Vector256.Create(left5[k]);
            sum50 = Vector256.FusedMultiplyAdd(value, right0, sum50);
            sum51 = Vector256.FusedMultiplyAdd(value, right1, sum51);
            right += Columns;
        }

        if (resume)
        {
            var row = result;
            sum00 += Vector256.Load(row);
            sum01 += Vector256.Load(row + 8);
            row = result + resultStride;
            sum10 += Vector256.Load(row);
            sum11 += Vector256.Load(row + 8);
            row = result + 2 * resultStride;
            sum20 += Vector256.Load(row);
            sum21 += Vector256.Load(row + 8);
            row = result + 3 * resultStride;
            sum30 += Vector256.Load(row);
            sum31 += Vector256.Load(row + 8);
            row = result + 4 * resultStride;
            sum40 += Vector256.Load(row);
            sum41 += Vector256.Load(row + 8);
            row = result + lastRow * resultStride;
            sum50 += Vector256.Load(row);
            sum51 += Vector256.Load(row + 8);
        }

        if (finish)
        {
            epilogue.Apply<TActivation>(ref sum00, ref sum01, column, offset);
            offset += resultStride;
            epilogue.Apply<TActivation>(ref sum10, ref sum11, column, offset);
            offset += resultStride;
            epilogue.Apply<TActivation>(ref sum20, ref sum21, column, offset);
            offset += resultStride;
            epilogue.Apply<TActivation>(ref sum30, ref sum31, column, offset);
            offset += resultStride;
            epilogue.Apply<TActivation>(ref sum40, ref sum41, column, offset);
            offset += resultStride;
            epilogue.Apply<TActivation>(ref sum50, ref sum51, column, offset);
        }

        sum00.Store(result);
        sum01.Store(result + 8);
        var target = result + resultStride;
        sum10.Store(target);
        sum11.Store(target + 8);
        target = result + 2 * resultStride;
        sum20.Store(target);
        sum21.Store(target + 8);
        target = result + 3 * resultStride;
        sum30.Store(target);
        sum31.Store(target + 8);
        target = result + 4 * resultStride;
        sum40.Store(target);
        sum41.Store(target + 8);
        target = result + lastRow * resultStride;
        sum50.Store(target);
        sum51.Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(
        float* left, nint leftStride, nint lastRow, float* right, nint depth, float* result, nint resultStride, bool resume)
    {
        var result1 = result + resultStride;
        var result2 = result + 2 * resultStride;
        var result3 = result + lastRow * resultStride;
        var sum00 = Vector256<float>.Zero;
        var sum01 = sum00;
        var sum10 = sum00;
        var sum11 = sum00;
        var sum20 = sum00;
        var sum21 = sum00;
        var sum30 = sum00;
        var sum31 = sum00;
        var left1 = left + leftStride;
        var left2 = left + 2 * leftStride;
        var left3 = left + lastRow * leftStride;
        for (nint k = 0; k < depth; k++)
        {
            var right0 = Vector256.Load(right);
            var right1 = Vector256.Load(right + 8);
            var value = Vector256.Create(left[k]);
            sum00 = Vector256.FusedMultiplyAdd(value, right0, sum00);
            sum01 = Vector256.FusedMultiplyAdd(value, right1, sum01);
            value = Vector256.Create(left1[k]);
            sum10 = Vector256.FusedMultiplyAdd(value, right0, sum10);
            sum11 = Vector256.FusedMultiplyAdd(value, right1, sum11);
            value = Vector256.Create(left2[k]);
            sum20 = Vector256.FusedMultiplyAdd(value, right0, sum20);
            sum21 = Vector256.FusedMultiplyAdd(value, right1, sum21);
            value = Vector256.Create(left3[k]);
            sum30 = Vector256.FusedMultiplyAdd(value, right0, sum30);
            sum31 = Vector256.FusedMultiplyAdd(value, right1, sum31);
            right += Columns;
        }

        if (resume)
        {
            sum00 += Vector256.Load(result);
            sum01 += Vector256.Load(result + 8);
            sum10 += Vector256.Load(result1);
            sum11 += Vector256.Load(result1 + 8);
            sum20 += Vector256.Load(result2);
            sum21 += Vector256.Load(result2 + 8);
            sum30 += Vector256.Load(result3);
            sum31 += Vector256.Load(result3 + 8);
        }

        sum00.Store(result);
        sum01.Store(result + 8);
        sum10.Store(result1);
        sum11.Store(result1 + 8);
        sum20.Store(result2);
        sum21.Store(result2 + 8);
        sum30.Store(result3);
        sum31.Store(result3 + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(
        float* left, nint leftStride, nint lastRow, float* right, nint depth, float* result, nint resultStride, bool resume)
    {
        var result1 = result + lastRow * resultStride;
        var sum00 = Vector256<float>.Zero;
        var sum01 = sum00;
        var sum10 = sum00;
        var sum11 = sum00;
        var left1 = left + lastRow * leftStride;
        for (nint k = 0; k < depth; k++)
        {
            var right0 = Vector256.Load(right);
            var right1 = Vector256.Load(right + 8);
            var value = Vector256.Create(left[k]);
            sum00 = Vector256.FusedMultiplyAdd(value, right0, sum00);
            sum01 = Vector256.FusedMultiplyAdd(value, right1, sum01);
            value = Vector256.Create(left1[k]);
            sum10 = Vector256.FusedMultiplyAdd(value, right0, sum10);
            sum11 = Vector256.FusedMultiplyAdd(value, right1, sum11);
            right += Columns;
        }

        if (resume)
        {
            sum00 += Vector256.Load(result);
            sum01 += Vector256.Load(result + 8);
            sum10 += Vector256.Load(result1);
            sum11 += Vector256.Load(result1 + 8);
        }

        sum00.Store(result);
        sum01.Store(result + 8);
        sum10.Store(result1);
        sum11.Store(result1 + 8);
    }
}
