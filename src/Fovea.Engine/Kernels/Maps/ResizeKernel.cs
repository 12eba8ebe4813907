using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Resizes the two middle axes of a map N,H,W,C to N,OH,OW,C by one table per axis. One part is one output row: its input rows are weighed
/// into a scratch row, then the pixels of that. The gradient is the same walk with transposed tables, so every pixel of it gathers in a
/// fixed order.
/// </summary>
internal static unsafe class ResizeKernel
{
    /// <summary>The independent parts of a problem, N·OH.</summary>
    /// <param name="rows">The table of the height.</param>
    /// <param name="batch">Images.</param>
    public static int Parts(ResizeTable rows, int batch) => batch * rows.OutputLength;

    /// <summary>Floats of scratch that each running range of parts needs: one input row.</summary>
    /// <param name="columns">The table of the width.</param>
    /// <param name="channels">Channels.</param>
    public static nint ScratchFloats(ResizeTable columns, int channels) => (nint)columns.InputLength * channels;

    /// <summary>
    /// output[n, i, j, c] = Σ rows[i, h]·columns[j, w]·input[n, h, w, c] for the given parts. With transposed tables, the result's
    /// gradient as input and the map's gradient as output, this is the gradient.
    /// </summary>
    /// <param name="rows">The table of the height, H to OH.</param>
    /// <param name="columns">The table of the width, W to OW.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="input">The map to read, N,H,W,C.</param>
    /// <param name="output">The map to write, N,OH,OW,C; apart from the input.</param>
    /// <param name="first">The first part.</param>
    /// <param name="last">One past the last part.</param>
    /// <param name="scratch">Room for <see cref="ScratchFloats"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        ResizeTable rows, ResizeTable columns, int channels, float* input, float* output, int first, int last, float* scratch)
    {
        nint inputRow = (nint)columns.InputLength * channels;
        nint outputRow = (nint)columns.OutputLength * channels;
        fixed (int* rowStarts = rows.Starts, rowSources = rows.Sources, columnStarts = columns.Starts, columnSources = columns.Sources)
        fixed (float* rowWeights = rows.Weights, columnWeights = columns.Weights)
        {
            for (int part = first; part < last; part++)
            {
                (int image, int row) = Math.DivRem(part, rows.OutputLength);
                float* source = input + image * rows.InputLength * inputRow;
                int start = rowStarts[row];
                int taps = rowStarts[row + 1] - start;
                float* mixed = scratch;
                if (taps == 1 && rowWeights[start] == 1)
                {
                    mixed = source + rowSources[start] * inputRow;
                }
                else
                {
                    Mix(source, inputRow, rowSources + start, rowWeights + start, taps, scratch, inputRow);
                }

                float* target = output + part * outputRow;
                for (int column = 0; column < columns.OutputLength; column++, target += channels)
                {
                    start = columnStarts[column];
                    taps = columnStarts[column + 1] - start;
                    Mix(mixed, channels, columnSources + start, columnWeights + start, taps, target, channels);
                }
            }
        }
    }

    // target[i] = Σ weights[t]·source[sources[t]·stride + i], taps in ascending order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(float* source, nint stride, int* sources, float* weights, int taps, float* target, nint length)
    {
        nint i = 0;
        for (; i + 32 <= length; i += 32)
        {
            Vector256<float> sum0 = Vector256<float>.Zero;
            Vector256<float> sum1 = Vector256<float>.Zero;
            Vector256<float> sum2 = Vector256<float>.Zero;
            Vector256<float> sum3 = Vector256<float>.Zero;
            for (int tap = 0; tap < taps; tap++)
            {
                float* from = source + sources[tap] * stride + i;
                Vector256<float> weight = Vector256.Create(weights[tap]);
                sum0 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from), sum0);
                sum1 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from + 8), sum1);
                sum2 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from + 16), sum2);
                sum3 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from + 24), sum3);
            }

            sum0.Store(target + i);
            sum1.Store(target + i + 8);
            sum2.Store(target + i + 16);
            sum3.Store(target + i + 24);
        }

        for (; i + 8 <= length; i += 8)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            for (int tap = 0; tap < taps; tap++)
            {
                sum = Vector256.MultiplyAddEstimate(
                    Vector256.Create(weights[tap]), Vector256.Load(source + sources[tap] * stride + i), sum);
            }

            sum.Store(target + i);
        }

        for (; i < length; i++)
        {
            float sum = 0;
            for (int tap = 0; tap < taps; tap++)
            {
                sum = MathF.FusedMultiplyAdd(weights[tap], source[sources[tap] * stride + i], sum);
            }

            target[i] = sum;
        }
    }
}
