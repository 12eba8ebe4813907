using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Products too small to be worth packing: both operands are read where they lie, the left one in any direction, and what the sums begin
/// with is given. Tiles are 6×16 or, where 24 columns are left, 4×24: twelve sums, as many as two multiply-adds a cycle of latency four
/// need and more.
/// </summary>
internal static unsafe class StridedMatMulKernel
{
    /// <summary>Columns that a product of <paramref name="columns"/> columns computes: whole vectors, at least two.</summary>
    public static int Lanes(int columns) => Math.Max(columns + 7 & ~7, 16);

    /// <summary>
    /// result[i, j] = initial[i, j] + Σk left[i, k] · right[k, j] for i below <paramref name="rows"/> and j below
    /// <paramref name="lanes"/>.
    /// </summary>
    /// <param name="left">Left operand.</param>
    /// <param name="right">Right operand; its rows are read as whole vectors.</param>
    /// <param name="initial">Initial values of the sums; may be the result.</param>
    /// <param name="result">The result.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="lanes">Columns of the result, as <see cref="Lanes"/> gives them.</param>
    /// <param name="depth">Terms of each sum, in ascending order.</param>
    /// <param name="maxima">A value for each column that is raised to the largest result in that column, or null.</param>
    public static void Multiply(
        StridedLeft left, StridedRows right, StridedRows initial, StridedRows result, int rows, int lanes, nint depth, float* maxima = null)
    {
        Operands operands = new() { Left = left, Right = right, Initial = initial, Result = result, Depth = depth, Maxima = maxima };
        for (int column = 0; column < lanes;)
        {
            if (lanes - column == 24)
            {
                FourByThree(operands, column, 0, rows / 4, 3);
                if (rows % 4 != 0)
                {
                    FourByThree(operands, column, rows & ~3, 1, rows % 4 - 1);
                }

                break;
            }

            int row = SixRowTiles(rows) * 6;
            SixByTwo(operands, column, 0, row / 6, 5);
            if (rows - row == 5)
            {
                SixByTwo(operands, column, row, 1, 4);
                row += 5;
            }

            for (; row < rows; row += 4)
            {
                FourByTwo(operands, column, row, Math.Min(rows - row, 4) - 1);
            }

            column += 16;
        }
    }

    // Seven and eight rows are better split in two tiles of four than in one of six and a rest that waits for its own sums.
    private static int SixRowTiles(int rows) => rows % 6 is 1 or 2 && rows > 6 ? rows / 6 - 1 : rows / 6;

    private struct Operands
    {
        public StridedLeft Left;
        public StridedRows Right;
        public StridedRows Initial;
        public StridedRows Result;
        public nint Depth;
        public float* Maxima;
    }

    // Where fewer rows exist than a tile has, the last one is computed (and stored) more than once: same inputs, same bits. Sums are stored
    // after all have been loaded, so that they may begin with what stands in the result. A call goes down all rows, since its own set-up
    // costs twenty cycles.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixByTwo(in Operands operands, nint column, nint row, int tiles, nint lastRow)
    {
        nint leftStride = operands.Left.RowStride;
        nint initialStride = operands.Initial.Stride;
        nint resultStride = operands.Result.Stride;
        nint depthStride = operands.Left.DepthStride;
        nint rightStride = operands.Right.Stride;
        float* leftRow = operands.Left.First + row * leftStride;
        float* initial = operands.Initial.First + row * initialStride + column;
        float* result = operands.Result.First + row * resultStride + column;
        for (; tiles > 0; tiles--)
        {
            Vector256<float> sum00 = Vector256.Load(initial);
            Vector256<float> sum01 = Vector256.Load(initial + 8);
            Vector256<float> sum10 = Vector256.Load(initial + initialStride);
            Vector256<float> sum11 = Vector256.Load(initial + initialStride + 8);
            Vector256<float> sum20 = Vector256.Load(initial + 2 * initialStride);
            Vector256<float> sum21 = Vector256.Load(initial + 2 * initialStride + 8);
            Vector256<float> sum30 = Vector256.Load(initial + 3 * initialStride);
            Vector256<float> sum31 = Vector256.Load(initial + 3 * initialStride + 8);
            Vector256<float> sum40 = Vector256.Load(initial + 4 * initialStride);
            Vector256<float> sum41 = Vector256.Load(initial + 4 * initialStride + 8);
            Vector256<float> sum50 = Vector256.Load(initial + lastRow * initialStride);
            Vector256<float> sum51 = Vector256.Load(initial + lastRow * initialStride + 8);
            float* left = leftRow;
            float* right = operands.Right.First + column;
            for (nint term = operands.Depth; term > 0; term--)
            {
                Vector256<float> right0 = Vector256.Load(right);
                Vector256<float> right1 = Vector256.Load(right + 8);
                Vector256<float> value = Vector256.Create(*left);
                sum00 = Vector256.MultiplyAddEstimate(value, right0, sum00);
                sum01 = Vector256.MultiplyAddEstimate(value, right1, sum01);
                value = Vector256.Create(*(left + leftStride));
                sum10 = Vector256.MultiplyAddEstimate(value, right0, sum10);
                sum11 = Vector256.MultiplyAddEstimate(value, right1, sum11);
                value = Vector256.Create(*(left + 2 * leftStride));
                sum20 = Vector256.MultiplyAddEstimate(value, right0, sum20);
                sum21 = Vector256.MultiplyAddEstimate(value, right1, sum21);
                value = Vector256.Create(*(left + 3 * leftStride));
                sum30 = Vector256.MultiplyAddEstimate(value, right0, sum30);
                sum31 = Vector256.MultiplyAddEstimate(value, right1, sum31);
                value = Vector256.Create(*(left + 4 * leftStride));
                sum40 = Vector256.MultiplyAddEstimate(value, right0, sum40);
                sum41 = Vector256.MultiplyAddEstimate(value, right1, sum41);
                value = Vector256.Create(*(left + lastRow * leftStride));
                sum50 = Vector256.MultiplyAddEstimate(value, right0, sum50);
                sum51 = Vector256.MultiplyAddEstimate(value, right1, sum51);
                left += depthStride;
                right += rightStride;
            }

            if (operands.Maxima != null)
            {
                float* maxima = operands.Maxima + column;
                Raise(maxima, Larger(Larger(sum00, sum10), Larger(sum20, sum30)), Larger(sum40, sum50));
                Raise(maxima + 8, Larger(Larger(sum01, sum11), Larger(sum21, sum31)), Larger(sum41, sum51));
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
            leftRow += 6 * leftStride;
            initial += 6 * initialStride;
            result += 6 * resultStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourByTwo(in Operands operands, nint column, nint row, nint lastRow)
    {
        nint leftStride = operands.Left.RowStride;
        nint initialStride = operands.Initial.Stride;
        nint resultStride = operands.Result.Stride;
        nint depthStride = operands.Left.DepthStride;
        nint rightStride = operands.Right.Stride;
        float* leftRow = operands.Left.First + row * leftStride;
        float* initial = operands.Initial.First + row * initialStride + column;
        float* result = operands.Result.First + row * resultStride + column;
        nint second = Math.Min(1, lastRow);
        nint third = Math.Min(2, lastRow);
        Vector256<float> sum00 = Vector256.Load(initial);
        Vector256<float> sum01 = Vector256.Load(initial + 8);
        Vector256<float> sum10 = Vector256.Load(initial + second * initialStride);
        Vector256<float> sum11 = Vector256.Load(initial + second * initialStride + 8);
        Vector256<float> sum20 = Vector256.Load(initial + third * initialStride);
        Vector256<float> sum21 = Vector256.Load(initial + third * initialStride + 8);
        Vector256<float> sum30 = Vector256.Load(initial + lastRow * initialStride);
        Vector256<float> sum31 = Vector256.Load(initial + lastRow * initialStride + 8);
        float* left = leftRow;
        float* right = operands.Right.First + column;
        for (nint term = operands.Depth; term > 0; term--)
        {
            Vector256<float> right0 = Vector256.Load(right);
            Vector256<float> right1 = Vector256.Load(right + 8);
            Vector256<float> value = Vector256.Create(*left);
            sum00 = Vector256.MultiplyAddEstimate(value, right0, sum00);
            sum01 = Vector256.MultiplyAddEstimate(value, right1, sum01);
            value = Vector256.Create(*(left + second * leftStride));
            sum10 = Vector256.MultiplyAddEstimate(value, right0, sum10);
            sum11 = Vector256.MultiplyAddEstimate(value, right1, sum11);
            value = Vector256.Create(*(left + third * leftStride));
            sum20 = Vector256.MultiplyAddEstimate(value, right0, sum20);
            sum21 = Vector256.MultiplyAddEstimate(value, right1, sum21);
            value = Vector256.Create(*(left + lastRow * leftStride));
            sum30 = Vector256.MultiplyAddEstimate(value, right0, sum30);
            sum31 = Vector256.MultiplyAddEstimate(value, right1, sum31);
            left += depthStride;
            right += rightStride;
        }

        if (operands.Maxima != null)
        {
            float* maxima = operands.Maxima + column;
            Raise(maxima, Larger(sum00, sum10), Larger(sum20, sum30));
            Raise(maxima + 8, Larger(sum01, sum11), Larger(sum21, sum31));
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
    private static void FourByThree(in Operands operands, nint column, nint row, int tiles, nint lastRow)
    {
        nint leftStride = operands.Left.RowStride;
        nint initialStride = operands.Initial.Stride;
        nint resultStride = operands.Result.Stride;
        nint depthStride = operands.Left.DepthStride;
        nint rightStride = operands.Right.Stride;
        float* leftRow = operands.Left.First + row * leftStride;
        float* initial = operands.Initial.First + row * initialStride + column;
        float* result = operands.Result.First + row * resultStride + column;
        nint second = Math.Min(1, lastRow);
        nint third = Math.Min(2, lastRow);
        for (; tiles > 0; tiles--)
        {
            Vector256<float> sum00 = Vector256.Load(initial);
            Vector256<float> sum01 = Vector256.Load(initial + 8);
            Vector256<float> sum02 = Vector256.Load(initial + 16);
            Vector256<float> sum10 = Vector256.Load(initial + second * initialStride);
            Vector256<float> sum11 = Vector256.Load(initial + second * initialStride + 8);
            Vector256<float> sum12 = Vector256.Load(initial + second * initialStride + 16);
            Vector256<float> sum20 = Vector256.Load(initial + third * initialStride);
            Vector256<float> sum21 = Vector256.Load(initial + third * initialStride + 8);
            Vector256<float> sum22 = Vector256.Load(initial + third * initialStride + 16);
            Vector256<float> sum30 = Vector256.Load(initial + lastRow * initialStride);
            Vector256<float> sum31 = Vector256.Load(initial + lastRow * initialStride + 8);
            Vector256<float> sum32 = Vector256.Load(initial + lastRow * initialStride + 16);
            float* left = leftRow;
            float* right = operands.Right.First + column;
            for (nint term = operands.Depth; term > 0; term--)
            {
                Vector256<float> right0 = Vector256.Load(right);
                Vector256<float> right1 = Vector256.Load(right + 8);
                Vector256<float> right2 = Vector256.Load(right + 16);
                Vector256<float> value = Vector256.Create(*left);
                sum00 = Vector256.MultiplyAddEstimate(value, right0, sum00);
                sum01 = Vector256.MultiplyAddEstimate(value, right1, sum01);
                sum02 = Vector256.MultiplyAddEstimate(value, right2, sum02);
                value = Vector256.Create(*(left + second * leftStride));
                sum10 = Vector256.MultiplyAddEstimate(value, right0, sum10);
                sum11 = Vector256.MultiplyAddEstimate(value, right1, sum11);
                sum12 = Vector256.MultiplyAddEstimate(value, right2, sum12);
                value = Vector256.Create(*(left + third * leftStride));
                sum20 = Vector256.MultiplyAddEstimate(value, right0, sum20);
                sum21 = Vector256.MultiplyAddEstimate(value, right1, sum21);
                sum22 = Vector256.MultiplyAddEstimate(value, right2, sum22);
                value = Vector256.Create(*(left + lastRow * leftStride));
                sum30 = Vector256.MultiplyAddEstimate(value, right0, sum30);
                sum31 = Vector256.MultiplyAddEstimate(value, right1, sum31);
                sum32 = Vector256.MultiplyAddEstimate(value, right2, sum32);
                left += depthStride;
                right += rightStride;
            }

            if (operands.Maxima != null)
            {
                float* maxima = operands.Maxima + column;
                Raise(maxima, Larger(sum00, sum10), Larger(sum20, sum30));
                Raise(maxima + 8, Larger(sum01, sum11), Larger(sum21, sum31));
                Raise(maxima + 16, Larger(sum02, sum12), Larger(sum22, sum32));
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
            leftRow += 4 * leftStride;
            initial += 4 * initialStride;
            result += 4 * resultStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Raise(float* maxima, Vector256<float> first, Vector256<float> second) =>
        Larger(Vector256.Load(maxima), Larger(first, second)).Store(maxima);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Larger(Vector256<float> first, Vector256<float> second) => Vector256.MaxNative(first, second);
}
