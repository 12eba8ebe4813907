using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The tiles of <see cref="MicroKernel"/> for processors with vectors of eight floats. Six rows fill the 16 vector registers of AVX2
/// exactly: 12 sums, 2 right vectors, 1 broadcast.
/// </summary>
internal static unsafe class MicroKernel256
{
    /// <inheritdoc cref="MicroKernel.Multiply(float*, nint, int, float*, nint, float*, nint, bool, in PanelPrefetch)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(
        float* left, nint leftStride, int rows, float* right, nint depth, float* result, nint resultStride, bool resume,
        in PanelPrefetch prefetch)
    {
        if (rows > 4)
        {
            SixRows<Identity>(
                left, leftStride, rows - 1, right, depth, result, resultStride, resume, in prefetch, finish: false, default, 0, 0);
        }
        else if (rows <= 2)
        {
            TwoRows(left, leftStride, rows - 1, right, depth, result, resultStride, resume);
        }
        else if (prefetch.IsNone)
        {
            FourRows<NoPrefetch>(left, leftStride, rows - 1, right, depth, result, resultStride, resume, in prefetch);
        }
        else
        {
            FourRows<PrefetchPanels>(left, leftStride, rows - 1, right, depth, result, resultStride, resume, in prefetch);
        }
    }

    /// <summary>
    /// The sums of six rows, in registers. What stood in the result is added last, so that no sum waits for it. Where fewer rows exist than
    /// six, the last one is computed (and stored) more than once: same inputs, same bits.
    /// </summary>
    /// <param name="left">First row.</param>
    /// <param name="leftStride">Floats between left rows.</param>
    /// <param name="lastRow">The last row that exists, 3 to 5.</param>
    /// <param name="right">The panel at the first depth.</param>
    /// <param name="depth">Terms of each sum.</param>
    /// <param name="result">First element of the tile.</param>
    /// <param name="resultStride">Floats between result rows, and between those of the epilogue's residuals.</param>
    /// <param name="resume">True to add to what stands in the result.</param>
    /// <param name="prefetch">The share of the next panel to prefetch meanwhile.</param>
    /// <param name="finish">True if the sums are then complete and the epilogue follows.</param>
    /// <param name="epilogue">The epilogue.</param>
    /// <param name="column">The tile's first column.</param>
    /// <param name="offset">The element of the residuals that stands where the tile begins.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SixRows<TActivation>(
        float* left, nint leftStride, nint lastRow, float* right, nint depth, float* result, nint resultStride, bool resume,
        in PanelPrefetch prefetch, bool finish, in EpilogueArguments epilogue, nint column, nint offset)
        where TActivation : struct, IActivation
    {
        if (prefetch.IsNone)
        {
            SixRows<TActivation, NoPrefetch>(
                left, leftStride, lastRow, right, depth, result, resultStride, resume, in prefetch, finish, in epilogue, column, offset);
        }
        else
        {
            SixRows<TActivation, PrefetchPanels>(
                left, leftStride, lastRow, right, depth, result, resultStride, resume, in prefetch, finish, in epilogue, column, offset);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixRows<TActivation, TPrefetch>(
        float* left, nint leftStride, nint lastRow, float* right, nint depth, float* result, nint resultStride, bool resume,
        in PanelPrefetch prefetch, bool finish, in EpilogueArguments epilogue, nint column, nint offset)
        where TActivation : struct, IActivation
        where TPrefetch : struct, IPrefetchPolicy
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
        byte* next = prefetch.First;
        nint step = prefetch.Step;
        for (nint k = 0; k < depth; k++)
        {
            if (TPrefetch.Prefetches)
            {
                CachePrefetch.Later(next);
                next += step;
            }

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

        if (resume)
        {
            float* row = result;
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
            epilogue.Apply<TActivation>(ref sum00, ref sum01, ref sum10, ref sum11, column, offset, offset + resultStride);
            offset += 2 * resultStride;
            epilogue.Apply<TActivation>(ref sum20, ref sum21, ref sum30, ref sum31, column, offset, offset + resultStride);
            offset += 2 * resultStride;
            epilogue.Apply<TActivation>(ref sum40, ref sum41, ref sum50, ref sum51, column, offset, offset + resultStride);
        }

        sum00.Store(result);
        sum01.Store(result + 8);
        float* target = result + resultStride;
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
    private static void FourRows<TPrefetch>(
        float* left, nint leftStride, nint lastRow, float* right, nint depth, float* result, nint resultStride, bool resume,
        in PanelPrefetch prefetch)
        where TPrefetch : struct, IPrefetchPolicy
    {
        float* result1 = result + resultStride;
        float* result2 = result + 2 * resultStride;
        float* result3 = result + lastRow * resultStride;
        Vector256<float> sum00 = Vector256<float>.Zero;
        Vector256<float> sum01 = sum00;
        Vector256<float> sum10 = sum00;
        Vector256<float> sum11 = sum00;
        Vector256<float> sum20 = sum00;
        Vector256<float> sum21 = sum00;
        Vector256<float> sum30 = sum00;
        Vector256<float> sum31 = sum00;
        float* left1 = left + leftStride;
        float* left2 = left + 2 * leftStride;
        float* left3 = left + lastRow * leftStride;
        byte* next = prefetch.First;
        nint step = prefetch.Step;
        for (nint k = 0; k < depth; k++)
        {
            if (TPrefetch.Prefetches)
            {
                CachePrefetch.Later(next);
                next += step;
            }

            Vector256<float> right0 = Vector256.Load(right);
            Vector256<float> right1 = Vector256.Load(right + 8);
            Vector256<float> value = Vector256.Create(left[k]);
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
        float* result1 = result + lastRow * resultStride;
        Vector256<float> sum00 = Vector256<float>.Zero;
        Vector256<float> sum01 = sum00;
        Vector256<float> sum10 = sum00;
        Vector256<float> sum11 = sum00;
        float* left1 = left + lastRow * leftStride;
        for (nint k = 0; k < depth; k++)
        {
            Vector256<float> right0 = Vector256.Load(right);
            Vector256<float> right1 = Vector256.Load(right + 8);
            Vector256<float> value = Vector256.Create(left[k]);
            sum00 = Vector256.MultiplyAddEstimate(value, right0, sum00);
            sum01 = Vector256.MultiplyAddEstimate(value, right1, sum01);
            value = Vector256.Create(left1[k]);
            sum10 = Vector256.MultiplyAddEstimate(value, right0, sum10);
            sum11 = Vector256.MultiplyAddEstimate(value, right1, sum11);
            right += MicroKernel.Columns;
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
