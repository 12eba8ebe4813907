using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The tile of <see cref="MicroKernel"/> for processors with vectors of four floats (Arm, x86 without AVX2): three rows of four vectors
/// are 12 sums, for which 16 registers suffice.
/// </summary>
internal static unsafe class MicroKernel128
{
    private const int Rows = 3;

    /// <inheritdoc cref="MicroKernel.Multiply(float*, nint, int, float*, nint, float*, nint, bool)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* left, nint leftStride, int rows, float* right, nint depth, float* result, nint resultStride, bool resume)
    {
        for (int row = 0; row < rows; row += Rows)
        {
            ThreeRows(
                left + row * leftStride, leftStride, Math.Min(rows - row, Rows) - 1, right, depth, result + row * resultStride,
                resultStride,
                resume);
        }
    }

    // Rows past the last repeat it: same inputs, same bits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ThreeRows(
        float* left0, nint leftStride, nint lastRow, float* right, nint depth, float* result0, nint resultStride, bool resume)
    {
        nint middle = Math.Min(1, lastRow);
        float* left1 = left0 + middle * leftStride;
        float* left2 = left0 + lastRow * leftStride;
        Vector128<float> sum00 = Vector128<float>.Zero;
        Vector128<float> sum01 = Vector128<float>.Zero;
        Vector128<float> sum02 = Vector128<float>.Zero;
        Vector128<float> sum03 = Vector128<float>.Zero;
        Vector128<float> sum10 = Vector128<float>.Zero;
        Vector128<float> sum11 = Vector128<float>.Zero;
        Vector128<float> sum12 = Vector128<float>.Zero;
        Vector128<float> sum13 = Vector128<float>.Zero;
        Vector128<float> sum20 = Vector128<float>.Zero;
        Vector128<float> sum21 = Vector128<float>.Zero;
        Vector128<float> sum22 = Vector128<float>.Zero;
        Vector128<float> sum23 = Vector128<float>.Zero;
        for (nint k = 0; k < depth; k++)
        {
            Vector128<float> right0 = Vector128.Load(right);
            Vector128<float> right1 = Vector128.Load(right + 4);
            Vector128<float> right2 = Vector128.Load(right + 8);
            Vector128<float> right3 = Vector128.Load(right + 12);
            Vector128<float> value = Vector128.Create(left0[k]);
            sum00 = Vector128.MultiplyAddEstimate(value, right0, sum00);
            sum01 = Vector128.MultiplyAddEstimate(value, right1, sum01);
            sum02 = Vector128.MultiplyAddEstimate(value, right2, sum02);
            sum03 = Vector128.MultiplyAddEstimate(value, right3, sum03);
            value = Vector128.Create(left1[k]);
            sum10 = Vector128.MultiplyAddEstimate(value, right0, sum10);
            sum11 = Vector128.MultiplyAddEstimate(value, right1, sum11);
            sum12 = Vector128.MultiplyAddEstimate(value, right2, sum12);
            sum13 = Vector128.MultiplyAddEstimate(value, right3, sum13);
            value = Vector128.Create(left2[k]);
            sum20 = Vector128.MultiplyAddEstimate(value, right0, sum20);
            sum21 = Vector128.MultiplyAddEstimate(value, right1, sum21);
            sum22 = Vector128.MultiplyAddEstimate(value, right2, sum22);
            sum23 = Vector128.MultiplyAddEstimate(value, right3, sum23);
            right += MicroKernel.Columns;
        }

        Store(sum00, sum01, sum02, sum03, result0, resume);
        if (lastRow > 0)
        {
            Store(sum10, sum11, sum12, sum13, result0 + resultStride, resume);
        }

        if (lastRow > 1)
        {
            Store(sum20, sum21, sum22, sum23, result0 + 2 * resultStride, resume);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        Vector128<float> sum0, Vector128<float> sum1, Vector128<float> sum2, Vector128<float> sum3, float* result, bool resume)
    {
        if (resume)
        {
            sum0 += Vector128.Load(result);
            sum1 += Vector128.Load(result + 4);
            sum2 += Vector128.Load(result + 8);
            sum3 += Vector128.Load(result + 12);
        }

        sum0.Store(result);
        sum1.Store(result + 4);
        sum2.Store(result + 8);
        sum3.Store(result + 12);
    }
}
