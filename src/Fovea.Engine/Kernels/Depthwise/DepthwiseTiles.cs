using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>The inner loops of depthwise convolution: sums of taps over runs of channels, without borders, epilogues or parts.</summary>
internal static unsafe class DepthwiseTiles
{
    /// <summary>
    /// Output pixels along x that the 3×3 loops take at once: their windows share half of the six input columns they read.
    /// </summary>
    public const int Columns = 4;

    /// <summary>
    /// A 3×3 window of stride 1 for four neighbouring output pixels: output[x, c] = epilogue(Σ rowky[x + kx, c] · weights[ky, kx, c]).
    /// </summary>
    /// <param name="row0">Leftmost pixel under the first row of taps; six pixels are read.</param>
    /// <param name="row1">Leftmost pixel under the second row of taps.</param>
    /// <param name="row2">Leftmost pixel under the third row of taps.</param>
    /// <param name="stride">Floats between input pixels and between taps of the weights.</param>
    /// <param name="weights">Weights [3, 3, stride].</param>
    /// <param name="epilogue">The epilogue of every sum; its pointers stand at the first channel, its residuals at the first pixel.</param>
    /// <param name="output">First of four output pixels.</param>
    /// <param name="outputStride">Floats between output pixels.</param>
    /// <param name="channels">Channels, at least eight.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum3x3<TActivation>(
        float* row0, float* row1, float* row2, nint stride, float* weights, in EpilogueArguments epilogue, float* output, nint outputStride,
        int channels)
        where TActivation : struct, IActivation
    {
        float* bias = epilogue.Bias;
        bool finish = DepthwiseEpilogue.HasMoreThanBias(epilogue);
        nint last = channels - Vector256<float>.Count;
        nint channel = 0;
        float* sums = stackalloc float[5 * Vector256<float>.Count];
        float* memory = (float*)(((nuint)sums + 31) & ~(nuint)31);
        while (true)
        {
            Vector256<float> sum0 = bias == null ? Vector256<float>.Zero : Vector256.Load(bias + channel);
            Vector256<float> sum1 = sum0;
            Vector256<float> sum2 = sum0;
            Vector256<float> sum3 = sum0;
            float* taps = weights + channel;
            AddRow(row0 + channel, taps, stride, ref sum0, ref sum1, ref sum2, ref sum3);
            taps += 3 * stride;
            AddRow(row1 + channel, taps, stride, ref sum0, ref sum1, ref sum2, ref sum3);
            taps += 3 * stride;
            AddRow(row2 + channel, taps, stride, ref sum0, ref sum1, ref sum2, ref sum3);
            if (finish)
            {
                DepthwiseEpilogue.Finish<TActivation>(
                    epilogue, ref sum0, ref sum1, ref sum2, ref sum3, channel, channel, outputStride, memory);
            }
            float* target = output + channel;
            sum0.Store(target);
            sum1.Store(target + outputStride);
            sum2.Store(target + 2 * outputStride);
            sum3.Store(target + 3 * outputStride);
            if (channel == last)
            {
                return;
            }
            channel = Math.Min(channel + Vector256<float>.Count, last);
        }
    }

    /// <summary>Computes two output pixels, which read four input columns: the remainder of a row that is not whole tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumPair3x3<TActivation>(
        float* row0, float* row1, float* row2, nint stride, float* weights, in EpilogueArguments epilogue, float* output, nint outputStride,
        int channels)
        where TActivation : struct, IActivation
    {
        float* bias = epilogue.Bias;
        bool finish = DepthwiseEpilogue.HasMoreThanBias(epilogue);
        nint last = channels - Vector256<float>.Count;
        nint channel = 0;
        while (true)
        {
            Vector256<float> sum0 = bias == null ? Vector256<float>.Zero : Vector256.Load(bias + channel);
            Vector256<float> sum1 = sum0;
            float* taps = weights + channel;
            AddRow(row0 + channel, taps, stride, ref sum0, ref sum1);
            taps += 3 * stride;
            AddRow(row1 + channel, taps, stride, ref sum0, ref sum1);
            taps += 3 * stride;
            AddRow(row2 + channel, taps, stride, ref sum0, ref sum1);
            if (finish)
            {
                sum0 = DepthwiseEpilogue.Finish<TActivation>(epilogue, sum0, channel, channel);
                sum1 = DepthwiseEpilogue.Finish<TActivation>(epilogue, sum1, channel, channel + outputStride);
            }
            sum0.Store(output + channel);
            sum1.Store(output + channel + outputStride);
            if (channel == last)
            {
                return;
            }
            channel = Math.Min(channel + Vector256<float>.Count, last);
        }
    }

    /// <summary>
    /// Adds four neighbouring output pixels' share to the weight gradient of a 3×3 window of stride 1:
    /// sums[ky, kx, c] += Σx rowky[x + kx, c] · gradient[x, c]. All rows, the gradient and the sums have the same stride.
    /// </summary>
    /// <param name="row0">Leftmost pixel under the first row of taps; six pixels are read.</param>
    /// <param name="row1">Leftmost pixel under the second row of taps.</param>
    /// <param name="row2">Leftmost pixel under the third row of taps.</param>
    /// <param name="gradient">Gradient of four output pixels.</param>
    /// <param name="sums">Weight gradient [3, 3, stride].</param>
    /// <param name="stride">Floats between pixels, a multiple of eight.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddWeightGradient3x3(float* row0, float* row1, float* row2, float* gradient, float* sums, nint stride)
    {
        for (nint channel = 0; channel < stride; channel += Vector256<float>.Count)
        {
            Vector256<float> gradient0 = Vector256.Load(gradient + channel);
            Vector256<float> gradient1 = Vector256.Load(gradient + channel + stride);
            Vector256<float> gradient2 = Vector256.Load(gradient + channel + 2 * stride);
            Vector256<float> gradient3 = Vector256.Load(gradient + channel + 3 * stride);
            float* taps = sums + channel;
            AddRowGradient(row0 + channel, taps, stride, gradient0, gradient1, gradient2, gradient3);
            taps += 3 * stride;
            AddRowGradient(row1 + channel, taps, stride, gradient0, gradient1, gradient2, gradient3);
            taps += 3 * stride;
            AddRowGradient(row2 + channel, taps, stride, gradient0, gradient1, gradient2, gradient3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRowGradient(
        float* row, float* taps, nint stride,
        Vector256<float> gradient0, Vector256<float> gradient1, Vector256<float> gradient2, Vector256<float> gradient3)
    {
        Vector256<float> left = Vector256.Load(taps);
        Vector256<float> middle = Vector256.Load(taps + stride);
        Vector256<float> right = Vector256.Load(taps + 2 * stride);
        left = Vector256.MultiplyAddEstimate(Vector256.Load(row), gradient0, left);
        Vector256<float> column1 = Vector256.Load(row + stride);
        left = Vector256.MultiplyAddEstimate(column1, gradient1, left);
        middle = Vector256.MultiplyAddEstimate(column1, gradient0, middle);
        Vector256<float> column2 = Vector256.Load(row + 2 * stride);
        left = Vector256.MultiplyAddEstimate(column2, gradient2, left);
        middle = Vector256.MultiplyAddEstimate(column2, gradient1, middle);
        right = Vector256.MultiplyAddEstimate(column2, gradient0, right);
        Vector256<float> column3 = Vector256.Load(row + 3 * stride);
        left = Vector256.MultiplyAddEstimate(column3, gradient3, left);
        middle = Vector256.MultiplyAddEstimate(column3, gradient2, middle);
        right = Vector256.MultiplyAddEstimate(column3, gradient1, right);
        Vector256<float> column4 = Vector256.Load(row + 4 * stride);
        middle = Vector256.MultiplyAddEstimate(column4, gradient3, middle);
        right = Vector256.MultiplyAddEstimate(column4, gradient2, right);
        right = Vector256.MultiplyAddEstimate(Vector256.Load(row + 5 * stride), gradient3, right);
        left.Store(taps);
        middle.Store(taps + stride);
        right.Store(taps + 2 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(
        float* row, float* taps, nint stride, ref Vector256<float> sum0, ref Vector256<float> sum1, ref Vector256<float> sum2,
        ref Vector256<float> sum3)
    {
        Vector256<float> left = Vector256.Load(taps);
        Vector256<float> middle = Vector256.Load(taps + stride);
        Vector256<float> right = Vector256.Load(taps + 2 * stride);
        Vector256<float> column0 = Vector256.Load(row);
        sum0 = Vector256.MultiplyAddEstimate(column0, left, sum0);
        Vector256<float> column1 = Vector256.Load(row + stride);
        sum0 = Vector256.MultiplyAddEstimate(column1, middle, sum0);
        sum1 = Vector256.MultiplyAddEstimate(column1, left, sum1);
        Vector256<float> column2 = Vector256.Load(row + 2 * stride);
        sum0 = Vector256.MultiplyAddEstimate(column2, right, sum0);
        sum1 = Vector256.MultiplyAddEstimate(column2, middle, sum1);
        sum2 = Vector256.MultiplyAddEstimate(column2, left, sum2);
        Vector256<float> column3 = Vector256.Load(row + 3 * stride);
        sum1 = Vector256.MultiplyAddEstimate(column3, right, sum1);
        sum2 = Vector256.MultiplyAddEstimate(column3, middle, sum2);
        sum3 = Vector256.MultiplyAddEstimate(column3, left, sum3);
        Vector256<float> column4 = Vector256.Load(row + 4 * stride);
        sum2 = Vector256.MultiplyAddEstimate(column4, right, sum2);
        sum3 = Vector256.MultiplyAddEstimate(column4, middle, sum3);
        Vector256<float> column5 = Vector256.Load(row + 5 * stride);
        sum3 = Vector256.MultiplyAddEstimate(column5, right, sum3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float* row, float* taps, nint stride, ref Vector256<float> sum0, ref Vector256<float> sum1)
    {
        Vector256<float> left = Vector256.Load(taps);
        Vector256<float> middle = Vector256.Load(taps + stride);
        Vector256<float> right = Vector256.Load(taps + 2 * stride);
        sum0 = Vector256.MultiplyAddEstimate(Vector256.Load(row), left, sum0);
        Vector256<float> column1 = Vector256.Load(row + stride);
        sum0 = Vector256.MultiplyAddEstimate(column1, middle, sum0);
        sum1 = Vector256.MultiplyAddEstimate(column1, left, sum1);
        Vector256<float> column2 = Vector256.Load(row + 2 * stride);
        sum0 = Vector256.MultiplyAddEstimate(column2, right, sum0);
        sum1 = Vector256.MultiplyAddEstimate(column2, middle, sum1);
        sum1 = Vector256.MultiplyAddEstimate(Vector256.Load(row + 3 * stride), right, sum1);
    }

    /// <summary>Any rectangle of taps for one output pixel: output[c] = epilogue(Σ window[ky, kx, c] · weights[ky, kx, c]).</summary>
    /// <param name="window">Input value under the first tap.</param>
    /// <param name="rowStep">Floats between the inputs of taps one above the other.</param>
    /// <param name="columnStep">Floats between the inputs of taps side by side.</param>
    /// <param name="weights">Weight of the first tap.</param>
    /// <param name="weightRowStep">Floats between weights of taps one above the other.</param>
    /// <param name="weightColumnStep">Floats between weights of taps side by side.</param>
    /// <param name="rows">Rows of taps; 0 leaves the bias alone.</param>
    /// <param name="columns">Taps in a row.</param>
    /// <param name="epilogue">The epilogue of every sum; its residuals stand at this pixel.</param>
    /// <param name="output">The output pixel.</param>
    /// <param name="channels">Channels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumTaps<TActivation>(
        float* window, nint rowStep, nint columnStep, float* weights, nint weightRowStep, nint weightColumnStep,
        int rows, int columns, in EpilogueArguments epilogue, float* output, int channels)
        where TActivation : struct, IActivation
    {
        float* bias = epilogue.Bias;
        bool finish = DepthwiseEpilogue.HasMoreThanBias(epilogue);
        int count = Vector256<float>.Count;
        nint channel = 0;
        for (; channel + 4 * count <= channels; channel += 4 * count)
        {
            Vector256<float> sum0 = Vector256<float>.Zero;
            Vector256<float> sum1 = Vector256<float>.Zero;
            Vector256<float> sum2 = Vector256<float>.Zero;
            Vector256<float> sum3 = Vector256<float>.Zero;
            if (bias != null)
            {
                sum0 = Vector256.Load(bias + channel);
                sum1 = Vector256.Load(bias + channel + count);
                sum2 = Vector256.Load(bias + channel + 2 * count);
                sum3 = Vector256.Load(bias + channel + 3 * count);
            }
            for (int row = 0; row < rows; row++)
            {
                float* value = window + row * rowStep + channel;
                float* tap = weights + row * weightRowStep + channel;
                for (int column = 0; column < columns; column++)
                {
                    sum0 = Vector256.MultiplyAddEstimate(Vector256.Load(tap), Vector256.Load(value), sum0);
                    sum1 = Vector256.MultiplyAddEstimate(Vector256.Load(tap + count), Vector256.Load(value + count), sum1);
                    sum2 = Vector256.MultiplyAddEstimate(Vector256.Load(tap + 2 * count), Vector256.Load(value + 2 * count), sum2);
                    sum3 = Vector256.MultiplyAddEstimate(Vector256.Load(tap + 3 * count), Vector256.Load(value + 3 * count), sum3);
                    value += columnStep;
                    tap += weightColumnStep;
                }
            }
            if (finish)
            {
                sum0 = DepthwiseEpilogue.Finish<TActivation>(epilogue, sum0, channel, channel);
                sum1 = DepthwiseEpilogue.Finish<TActivation>(epilogue, sum1, channel + count, channel + count);
                sum2 = DepthwiseEpilogue.Finish<TActivation>(epilogue, sum2, channel + 2 * count, channel + 2 * count);
                sum3 = DepthwiseEpilogue.Finish<TActivation>(epilogue, sum3, channel + 3 * count, channel + 3 * count);
            }
            sum0.Store(output + channel);
            sum1.Store(output + channel + count);
            sum2.Store(output + channel + 2 * count);
            sum3.Store(output + channel + 3 * count);
        }
        while (channel < channels)
        {
            // The last vector overlaps the one before it; only a map of fewer than eight channels has no room for that.
            nint start = channels < count ? 0 : Math.Min(channel, channels - count);
            Vector256<float> sum = bias == null ? Vector256<float>.Zero : Vector256.Load(bias + start);
            for (int row = 0; row < rows; row++)
            {
                float* value = window + row * rowStep + start;
                float* tap = weights + row * weightRowStep + start;
                for (int column = 0; column < columns; column++)
                {
                    sum = Vector256.MultiplyAddEstimate(Vector256.Load(tap), Vector256.Load(value), sum);
                    value += columnStep;
                    tap += weightColumnStep;
                }
            }
            Store(finish ? DepthwiseEpilogue.Finish<TActivation>(epilogue, sum, start, start) : sum, output + start, channels);
            channel = start + count;
        }
    }

    /// <summary>Stores a vector, or only its first lanes where fewer than eight <paramref name="channels"/> exist.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* target, int channels)
    {
        if (channels >= Vector256<float>.Count)
        {
            value.Store(target);
            return;
        }
        for (int lane = 0; lane < channels; lane++)
        {
            target[lane] = value.GetElement(lane);
        }
    }
}
