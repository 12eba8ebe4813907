using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>The left operand of a <see cref="StridedProduct"/> as it lies: element (i, k) is first[i · rowStride + k · depthStride].</summary>
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

/// <summary>
/// Products too small to be worth packing: both operands are read where they lie, the left one in any direction, and what the sums begin with is given.
/// Tiles are 6×16 or, where 24 columns are left, 4×24: twelve sums, as many as two multiply-adds a cycle of latency four need and more.
/// </summary>
internal static unsafe class StridedProduct
{
    /// <summary>Columns that a product of <paramref name="columns"/> columns computes: whole vectors, at least two.</summary>
    public static int Lanes(int columns) => Math.Max(columns + 7 & ~7, 16);

    /// <summary>result[i, j] = initial[i, j] + Σk left[i, k] · right[k, j] for i below <paramref name="rows"/> and j below <paramref name="lanes"/>.</summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand; its rows are read as whole vectors.</param>
    /// <param name="initial">What the sums begin with; may be the result.</param>
    /// <param name="result">The result.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="lanes">Columns of the result, as <see cref="Lanes"/> gives them.</param>
    /// <param name="depth">Terms of each sum, in ascending order.</param>
    public static void Multiply(StridedLeft left, StridedRows right, StridedRows initial, StridedRows result, int rows, int lanes, nint depth)
    {
        for (int column = 0, width; column < lanes; column += width)
        {
            width = lanes - column == 24 ? 24 : 16;
            for (int row = 0, count; row < rows; row += count)
            {
                var leftRow = left.First + row * left.RowStride;
                var initialRow = initial.First + row * initial.Stride + column;
                var resultRow = result.First + row * result.Stride + column;
                count = width == 24 ? Math.Min(rows - row, 4) : NextRows(rows - row);
                if (width == 24)
                {
                    FourByThree(leftRow, left.RowStride, left.DepthStride, count - 1, right.First + column, right.Stride, depth, initialRow, initial.Stride, resultRow, result.Stride);
                }
                else if (count > 4)
                {
                    SixByTwo(leftRow, left.RowStride, left.DepthStride, count - 1, right.First + column, right.Stride, depth, initialRow, initial.Stride, resultRow, result.Stride);
                }
                else
                {
                    FourByTwo(leftRow, left.RowStride, left.DepthStride, count - 1, right.First + column, right.Stride, depth, initialRow, initial.Stride, resultRow, result.Stride);
                }
            }
        }
    }

    // Seven and eight rows are better split in two tiles of four than in one of six and a rest that waits for its own sums.
    private static int NextRows(int remaining) => remaining is 7 or 8 ? 4 : Math.Min(remaining, 6);

    // Where fewer rows exist than a tile has, the last one is computed (and stored) more than once: same inputs, same bits. Sums are stored after all
    // have been loaded, so that they may begin with what stands in the result.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByTwo(
        float* left, nint leftStride, nint depthStride, nint lastRow, float* right, nint rightStride, nint depth,
        float* initial, nint initialStride, float* result, nint resultStride)
    {
        var left0 = left;
        var left1 = left + leftStride;
        var left2 = left + 2 * leftStride;
        var left3 = left + 3 * leftStride;
        var left4 = left + 4 * leftStride;
        var left5 = left + lastRow * leftStride;
        var sum00 = Vector256.Load(initial);
        var sum01 = Vector256.Load(initial + 8);
        var sum10 = Vector256.Load(initial + initialStride);
        var sum11 = Vector256.Load(initial + initialStride + 8);
        var sum20 = Vector256.Load(initial + 2 * initialStride);
        var sum21 = Vector256.Load(initial + 2 * initialStride + 8);
        var sum30 = Vector256.Load(initial + 3 * initialStride);
        var sum31 = Vector256.Load(initial + 3 * initialStride + 8);
        var sum40 = Vector256.Load(initial + 4 * initialStride);
        var sum41 = Vector256.Load(initial + 4 * initialStride + 8);
        var sum50 = Vector256.Load(initial + lastRow * initialStride);
        var sum51 = Vector256.Load(initial + lastRow * initialStride + 8);
        nint offset = 0;
        for (; depth > 0; depth--)
        {
            var right0 = Vector256.Load(right);
            var right1 = Vector256.Load(right + 8);
            var value = Vector256.Create(left0[offset]);
            sum00 = Vector256.FusedMultiplyAdd(value, right0, sum00);
            sum01 = Vector256.FusedMultiplyAdd(value, right1, sum01);
            value = Vector256.Create(left1[offset]);
            sum10 = Vector256.FusedMultiplyAdd(value, right0, sum10);
            sum11 = Vector256.FusedMultiplyAdd(value, right1, sum11);
            value = Vector256.Create(left2[offset]);
            sum20 = Vector256.FusedMultiplyAdd(value, right0, sum20);
            sum21 = Vector256.FusedMultiplyAdd(value, right1, sum21);
            value = Vector256.Create(left3[offset]);
            sum30 = Vector256.FusedMultiplyAdd(value, right0, sum30);
            sum31 = Vector256.FusedMultiplyAdd(value, right1, sum31);
            value = Vector256.Create(left4[offset]);
            sum40 = Vector256.FusedMultiplyAdd(value, right0, sum40);
            sum41 = Vector256.FusedMultiplyAdd(value, right1, sum41);
            value = Vector256.Create(left5[offset]);
            sum50 = Vector256.FusedMultiplyAdd(value, right0, sum50);
            sum51 = Vector256.FusedMultiplyAdd(value, right1, sum51);
            offset += depthStride;
            right += rightStride;
        }

        sum00.Store(result);
        sum01.Store(result + 8);
        sum10.Store(result + resultStride);
        sum11.Store(result + resultStride + 8);
        sum20.Store(result + 2 * resultStride);
        sum21.Store(result + 2 * resultStride + 8);
        sum30.Store(result + 3 * resultStride);
        sum31.Store(result + 3 * resultStride + 8);
        sum40.Store(result + 4 * resultStride);
        sum41.Store(result + 4 * resultStride + 8);
        sum50.Store(result + lastRow * resultStride);
        sum51.Store(result + lastRow * resultStride + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByTwo(
        float* left, nint leftStride, nint depthStride, nint lastRow, float* right, nint rightStride, nint depth,
        float* initial, nint initialStride, float* result, nint resultStride)
    {
        nint second = Math.Min(1, lastRow);
        nint third = Math.Min(2, lastRow);
        var left0 = left;
        var left1 = left + second * leftStride;
        var left2 = left + third * leftStride;
        var left3 = left + lastRow * leftStride;
        var sum00 = Vector256.Load(initial);
        var sum01 = Vector256.Load(initial + 8);
        var sum10 = Vector256.Load(initial + second * initialStride);
        var sum11 = Vector256.Load(initial + second * initialStride + 8);
        var sum20 = Vector256.Load(initial + third * initialStride);
        var sum21 = Vector256.Load(initial + third * initialStride + 8);
        var sum30 = Vector256.Load(initial + lastRow * initialStride);
        var sum31 = Vector256.Load(initial + lastRow * initialStride + 8);
        nint offset = 0;
        for (; depth > 0; depth--)
        {
            var right0 = Vector256.Load(right);
            var right1 = Vector256.Load(right + 8);
            var value = Vector256.Create(left0[offset]);
            sum00 = Vector256.FusedMultiplyAdd(value, right0, sum00);
            sum01 = Vector256.FusedMultiplyAdd(value, right1, sum01);
            value = Vector256.Create(left1[offset]);
            sum10 = Vector256.FusedMultiplyAdd(value, right0, sum10);
            sum11 = Vector256.FusedMultiplyAdd(value, right1, sum11);
            value = Vector256.Create(left2[offset]);
            sum20 = Vector256.FusedMultiplyAdd(value, right0, sum20);
            sum21 = Vector256.FusedMultiplyAdd(value, right1, sum21);
            value = Vector256.Create(left3[offset]);
            sum30 = Vector256.FusedMultiplyAdd(value, right0, sum30);
            sum31 = Vector256.FusedMultiplyAdd(value, right1, sum31);
            offset += depthStride;
            right += rightStride;
        }

        sum00.Store(result);
        sum01.Store(result + 8);
        sum10.Store(result + second * resultStride);
        sum11.Store(result + second * resultStride + 8);
        sum20.Store(result + third * resultStride);
        sum21.Store(result + third * resultStride + 8);
        sum30.Store(result + lastRow * resultStride);
        sum31.Store(result + lastRow * resultStride + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByThree(
        float* left, nint leftStride, nint depthStride, nint lastRow, float* right, nint rightStride, nint depth,
        float* initial, nint initialStride, float* result, nint resultStride)
    {
        nint second = Math.Min(1, lastRow);
        nint third = Math.Min(2, lastRow);
        var left0 = left;
        var left1 = left + second * leftStride;
        var left2 = left + third * leftStride;
        var left3 = left + lastRow * leftStride;
        var sum00 = Vector256.Load(initial);
        var sum01 = Vector256.Load(initial + 8);
        var sum02 = Vector256.Load(initial + 16);
        var sum10 = Vector256.Load(initial + second * initialStride);
        var sum11 = Vector256.Load(initial + second * initialStride + 8);
        var sum12 = Vector256.Load(initial + second * initialStride + 16);
        var sum20 = Vector256.Load(initial + third * initialStride);
        var sum21 = Vector256.Load(initial + third * initialStride + 8);
        var sum22 = Vector256.Load(initial + third * initialStride + 16);
        var sum30 = Vector256.Load(initial + lastRow * initialStride);
        var sum31 = Vector256.Load(initial + lastRow * initialStride + 8);
        var sum32 = Vector256.Load(initial + lastRow * initialStride + 16);
        nint offset = 0;
        for (; depth > 0; depth--)
        {
            var right0 = Vector256.Load(right);
            var right1 = Vector256.Load(right + 8);
            var right2 = Vector256.Load(right + 16);
            var value = Vector256.Create(left0[offset]);
            sum00 = Vector256.FusedMultiplyAdd(value, right0, sum00);
            sum01 = Vector256.FusedMultiplyAdd(value, right1, sum01);
            sum02 = Vector256.FusedMultiplyAdd(value, right2, sum02);
            value = Vector256.Create(left1[offset]);
            sum10 = Vector256.FusedMultiplyAdd(value, right0, sum10);
            sum11 = Vector256.FusedMultiplyAdd(value, right1, sum11);
            sum12 = Vector256.FusedMultiplyAdd(value, right2, sum12);
            value = Vector256.Create(left2[offset]);
            sum20 = Vector256.FusedMultiplyAdd(value, right0, sum20);
            sum21 = Vector256.FusedMultiplyAdd(value, right1, sum21);
            sum22 = Vector256.FusedMultiplyAdd(value, right2, sum22);
            value = Vector256.Create(left3[offset]);
            sum30 = Vector256.FusedMultiplyAdd(value, right0, sum30);
            sum31 = Vector256.FusedMultiplyAdd(value, right1, sum31);
            sum32 = Vector256.FusedMultiplyAdd(value, right2, sum32);
            offset += depthStride;
            right += rightStride;
        }

        sum00.Store(result);
        sum01.Store(result + 8);
        sum02.Store(result + 16);
        sum10.Store(result + second * resultStride);
        sum11.Store(result + second * resultStride + 8);
        sum12.Store(result + second * resultStride + 16);
        sum20.Store(result + third * resultStride);
        sum21.Store(result + third * resultStride + 8);
        sum22.Store(result + third * resultStride + 16);
        sum30.Store(result + lastRow * resultStride);
        sum31.Store(result + lastRow * resultStride + 8);
        sum32.Store(result + lastRow * resultStride + 16);
    }
}
