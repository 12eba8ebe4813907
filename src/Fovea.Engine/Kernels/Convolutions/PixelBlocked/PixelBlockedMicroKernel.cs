using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The innermost loops of <see cref="PixelBlockedConvolutionKernel"/>: as <see cref="MicroKernel"/>, but the left operand is a window of
/// several rows of an image, so that the depth is one row after another. The sums stay in registers from the first row to the last, except
/// on processors with wider or narrower vectors, which do with the kernels that there are.
/// </summary>
internal static unsafe class PixelBlockedMicroKernel
{
    private const int FewRows = 4;

    /// <summary>Rows for which the tiles of <see cref="Multiply"/> compute, those included that they compute more than once.</summary>
    public static int ComputedRows(int rows)
    {
        int computed = 0;
        for (int row = 0, count; row < rows; row += count)
        {
            count = MicroKernel.NextRows(rows - row);
            computed += count > FewRows ? MicroKernel.Rows : FewRows;
        }

        return computed;
    }

    /// <summary>
    /// Computes one panel: result[i, j] = Σ left[i, t, k] · right[t, k, j] over the window's rows t and the depth k, for i below
    /// <paramref name="rows"/> and j below 16.
    /// </summary>
    /// <param name="left">First window; neighbouring ones begin <paramref name="leftStride"/> floats apart.</param>
    /// <param name="leftStride">Floats between windows.</param>
    /// <param name="rows">Windows.</param>
    /// <param name="pitch">Floats between the rows of a window.</param>
    /// <param name="taps">Rows of a window.</param>
    /// <param name="right">The panel: 16 floats for every depth of every row.</param>
    /// <param name="depth">Floats of a window's row.</param>
    /// <param name="result">First element of the result.</param>
    /// <param name="resultStride">Floats between result rows.</param>
    public static void Multiply(
        float* left, nint leftStride, int rows, nint pitch, int taps, float* right, nint depth, float* result, nint resultStride)
    {
        for (int row = 0, count; row < rows; row += count)
        {
            count = MicroKernel.NextRows(rows - row);
            float* window = left + row * leftStride;
            float* target = result + row * resultStride;
            if (Vector512.IsHardwareAccelerated || !Vector256.IsHardwareAccelerated)
            {
                for (int tap = 0; tap < taps; tap++)
                {
                    MicroKernel.Multiply(
                        window + tap * pitch, leftStride, count, right + tap * depth * MicroKernel.Columns, depth, target, resultStride,
                        resume: tap > 0);
                }
            }
            else if (count > FewRows)
            {
                SixRows(window, leftStride, count - 1, pitch, taps, right, depth, target, resultStride);
            }
            else
            {
                FourRows(window, leftStride, count - 1, pitch, taps, right, depth, target, resultStride);
            }
        }
    }

    // Where fewer windows exist than the kernel has, the last is computed (and stored) more than once: same inputs, same bits.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixRows(
        float* left, nint leftStride, nint lastRow, nint pitch, int taps, float* right, nint depth, float* result, nint resultStride)
    {
        Vector256<float> sum00 = Vector256<float>.Zero;
        Vector256<float> sum01 = sum00;
        Vector256<float> sum10 = sum00;
        Vector256<float> sum11 = sum00;
        Vector256<float> sum20 = sum00;
        Vector256<float> sum21 = sum00;
        Vector256<float> sum30 = sum00;
        Vector256<float> sum31 = sum00;
        Vector256<float> sum40 = sum00;
        Vector256<float> sum41 = sum00;
        Vector256<float> sum50 = sum00;
        Vector256<float> sum51 = sum00;
        float* left0 = left;
        float* left1 = left + leftStride;
        float* left2 = left + 2 * leftStride;
        float* left3 = left + 3 * leftStride;
        float* left4 = left + 4 * leftStride;
        float* left5 = left + lastRow * leftStride;
        nint k = (nint)0;
        for (nint end = depth; taps > 0; taps--, k += pitch - depth, end += pitch)
        {
            for (; k < end; k++)
            {
                Vector256<float> right0 = Vector256.Load(right);
                Vector256<float> right1 = Vector256.Load(right + 8);
                Vector256<float> value = Vector256.Create(left0[k]);
                sum00 = Vector256.MultiplyAddEstimate(value, right0, sum00);
                sum01 = Vector256.MultiplyAddEstimate(value, right1, sum01);
                value = Vector256.Create(left1[k]);
                sum10 = Vector256.MultiplyAddEstimate(value, right0, sum10);
                sum11 = Vector256.MultiplyAddEstimate(value, right1, sum11);
                value = Vector256.Create(left2[k]);
                sum20 = Vector256.MultiplyAddEstimate(value, right0, sum20);
                sum21 = Vector256.MultiplyAddEstimate(value, right1, sum21);
                value = Vector256.Create(left3[k]);
                sum30 = Vector256.MultiplyAddEstimate(value, right0, sum30);
                sum31 = Vector256.MultiplyAddEstimate(value, right1, sum31);
                value = Vector256.Create(left4[k]);
                sum40 = Vector256.MultiplyAddEstimate(value, right0, sum40);
                sum41 = Vector256.MultiplyAddEstimate(value, right1, sum41);
                value = Vector256.Create(left5[k]);
                sum50 = Vector256.MultiplyAddEstimate(value, right0, sum50);
                sum51 = Vector256.MultiplyAddEstimate(value, right1, sum51);
                right += MicroKernel.Columns;
            }
        }

        Store(sum00, sum01, result);
        Store(sum10, sum11, result + resultStride);
        Store(sum20, sum21, result + 2 * resultStride);
        Store(sum30, sum31, result + 3 * resultStride);
        Store(sum40, sum41, result + 4 * resultStride);
        Store(sum50, sum51, result + lastRow * resultStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(
        float* left, nint leftStride, nint lastRow, nint pitch, int taps, float* right, nint depth, float* result, nint resultStride)
    {
        nint second = Math.Min(1, lastRow);
        nint third = Math.Min(2, lastRow);
        Vector256<float> sum00 = Vector256<float>.Zero;
        Vector256<float> sum01 = sum00;
        Vector256<float> sum10 = sum00;
        Vector256<float> sum11 = sum00;
        Vector256<float> sum20 = sum00;
        Vector256<float> sum21 = sum00;
        Vector256<float> sum30 = sum00;
        Vector256<float> sum31 = sum00;
        float* left0 = left;
        float* left1 = left + second * leftStride;
        float* left2 = left + third * leftStride;
        float* left3 = left + lastRow * leftStride;
        nint k = (nint)0;
        for (nint end = depth; taps > 0; taps--, k += pitch - depth, end += pitch)
        {
            for (; k < end; k++)
            {
                Vector256<float> right0 = Vector256.Load(right);
                Vector256<float> right1 = Vector256.Load(right + 8);
                Vector256<float> value = Vector256.Create(left0[k]);
                sum00 = Vector256.MultiplyAddEstimate(value, right0, sum00);
                sum01 = Vector256.MultiplyAddEstimate(value, right1, sum01);
                value = Vector256.Create(left1[k]);
                sum10 = Vector256.MultiplyAddEstimate(value, right0, sum10);
                sum11 = Vector256.MultiplyAddEstimate(value, right1, sum11);
                value = Vector256.Create(left2[k]);
                sum20 = Vector256.MultiplyAddEstimate(value, right0, sum20);
                sum21 = Vector256.MultiplyAddEstimate(value, right1, sum21);
                value = Vector256.Create(left3[k]);
                sum30 = Vector256.MultiplyAddEstimate(value, right0, sum30);
                sum31 = Vector256.MultiplyAddEstimate(value, right1, sum31);
                right += MicroKernel.Columns;
            }
        }

        Store(sum00, sum01, result);
        Store(sum10, sum11, result + second * resultStride);
        Store(sum20, sum21, result + third * resultStride);
        Store(sum30, sum31, result + lastRow * resultStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<float> left, Vector256<float> right, float* target)
    {
        left.Store(target);
        right.Store(target + 8);
    }
}
