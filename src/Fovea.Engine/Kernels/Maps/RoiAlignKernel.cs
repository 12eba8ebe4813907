using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// RoIAlign from the maps of a pyramid, along channels, and its gradient. A part of the first is a region. One of the gradient is a block
/// of channels of an image: it walks over all regions in order, so that every sum has its order and no two parts write to the same place.
/// </summary>
internal static unsafe class RoiAlignKernel
{
    private const int Block = 32;

    /// <summary>The independent parts of a gradient.</summary>
    /// <param name="geometry">Sizes and options.</param>
    public static int GradientParts(in RoiAlignGeometry geometry) => (geometry.Channels + Block - 1) / Block * geometry.Batch;

    /// <summary>Pools the given regions.</summary>
    /// <param name="geometry">Sizes and options.</param>
    /// <param name="levels">The maps.</param>
    /// <param name="regions">Image index, x1, y1, x2, y2 of each region.</param>
    /// <param name="chosen">The level of each region; null where there is one.</param>
    /// <param name="output">The result, K,height,width,C, written.</param>
    /// <param name="first">The first region.</param>
    /// <param name="last">One past the last region.</param>
    /// <param name="scratch">Room for <see cref="RoiTaps.ScratchFloats"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        in RoiAlignGeometry geometry,
        ReadOnlySpan<RoiLevel> levels,
        float* regions,
        int* chosen,
        float* output,
        int first,
        int last,
        float* scratch)
    {
        RoiTaps taps = new(in geometry, LongestSide(levels), scratch);
        int channels = geometry.Channels;
        nint pooled = (nint)geometry.Height * geometry.Width * channels;
        for (int region = first; region < last; region++)
        {
            float* target = output + (region * pooled);
            int level = chosen is null ? 0 : chosen[region];
            if ((uint)level >= (uint)levels.Length || !taps.Find(regions + ((nint)region * 5), in levels[level]))
            {
                NativeMemory.Clear(target, (nuint)pooled * sizeof(float));
                continue;
            }

            float* image = levels[level].Map + ((nint)taps.Image * levels[level].Height * levels[level].Width * channels);
            nint stride = (nint)levels[level].Width * channels;
            for (int row = 0; row < geometry.Height; row++)
            {
                for (int column = 0; column < geometry.Width; column++, target += channels)
                {
                    Mix(in taps, row, column, image, stride, channels, target);
                }
            }
        }
    }

    /// <summary>Carries the result's gradient back to all maps.</summary>
    /// <param name="geometry">Sizes and options.</param>
    /// <param name="levels">The maps' gradients, written.</param>
    /// <param name="regions">Image index, x1, y1, x2, y2 of each region.</param>
    /// <param name="chosen">The level of each region; null where there is one.</param>
    /// <param name="outputGradient">The result's gradient, K,height,width,C.</param>
    /// <param name="first">The first part.</param>
    /// <param name="last">One past the last part.</param>
    /// <param name="scratch">Room for <see cref="RoiTaps.ScratchFloats"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient(
        in RoiAlignGeometry geometry,
        ReadOnlySpan<RoiLevel> levels,
        float* regions,
        int* chosen,
        float* outputGradient,
        int first,
        int last,
        float* scratch)
    {
        RoiTaps taps = new(in geometry, LongestSide(levels), scratch);
        int channels = geometry.Channels;
        nint pooled = (nint)geometry.Height * geometry.Width * channels;
        for (int part = first; part < last; part++)
        {
            (int block, int image) = Math.DivRem(part, geometry.Batch);
            int start = block * Block;
            int width = Math.Min(Block, channels - start);
            foreach (ref readonly RoiLevel level in levels)
            {
                Clear(in level, image, channels, start, width);
            }

            for (int region = 0; region < geometry.Regions; region++)
            {
                float* box = regions + ((nint)region * 5);
                int level = chosen is null ? 0 : chosen[region];
                if (box[0] != image || (uint)level >= (uint)levels.Length || !taps.Find(box, in levels[level]))
                {
                    continue;
                }

                float* map = levels[level].Map + ((nint)image * levels[level].Height * levels[level].Width * channels) + start;
                nint stride = (nint)levels[level].Width * channels;
                float* gradient = outputGradient + (region * pooled) + start;
                for (int row = 0; row < geometry.Height; row++)
                {
                    for (int column = 0; column < geometry.Width; column++, gradient += channels)
                    {
                        Scatter(in taps, row, column, gradient, map, stride, channels, width);
                    }
                }
            }
        }
    }

    private static int LongestSide(ReadOnlySpan<RoiLevel> levels)
    {
        int longest = 0;
        foreach (ref readonly RoiLevel level in levels)
        {
            longest = Math.Max(longest, Math.Max(level.Height, level.Width));
        }

        return longest;
    }

    // target[c] = share · Σ rows[r]·columns[q]·image[r, q, c] over the taps of one bin.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Mix(in RoiTaps taps, int row, int column, float* image, nint stride, int channels, float* target)
    {
        (int firstRow, int lastRow) = (taps.Rows.Starts[row], taps.Rows.Starts[row + 1]);
        (int firstColumn, int lastColumn) = (taps.Columns.Starts[column], taps.Columns.Starts[column + 1]);
        int* rows = taps.Rows.Positions;
        int* columns = taps.Columns.Positions;
        float* rowWeights = taps.Rows.Weights;
        float* columnWeights = taps.Columns.Weights;
        float share = taps.Share;
        int channel = 0;
        for (; channel + 32 <= channels; channel += 32)
        {
            Vector256<float> sum0 = Vector256<float>.Zero;
            Vector256<float> sum1 = Vector256<float>.Zero;
            Vector256<float> sum2 = Vector256<float>.Zero;
            Vector256<float> sum3 = Vector256<float>.Zero;
            for (int r = firstRow; r < lastRow; r++)
            {
                float* line = image + (rows[r] * stride) + channel;
                for (int q = firstColumn; q < lastColumn; q++)
                {
                    float* from = line + ((nint)columns[q] * channels);
                    Vector256<float> weight = Vector256.Create(rowWeights[r] * columnWeights[q]);
                    sum0 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from), sum0);
                    sum1 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from + 8), sum1);
                    sum2 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from + 16), sum2);
                    sum3 = Vector256.MultiplyAddEstimate(weight, Vector256.Load(from + 24), sum3);
                }
            }

            (sum0 * share).Store(target + channel);
            (sum1 * share).Store(target + channel + 8);
            (sum2 * share).Store(target + channel + 16);
            (sum3 * share).Store(target + channel + 24);
        }

        for (; channel + 8 <= channels; channel += 8)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            for (int r = firstRow; r < lastRow; r++)
            {
                float* line = image + (rows[r] * stride) + channel;
                for (int q = firstColumn; q < lastColumn; q++)
                {
                    Vector256<float> weight = Vector256.Create(rowWeights[r] * columnWeights[q]);
                    sum = Vector256.MultiplyAddEstimate(weight, Vector256.Load(line + ((nint)columns[q] * channels)), sum);
                }
            }

            (sum * share).Store(target + channel);
        }

        for (; channel < channels; channel++)
        {
            float sum = 0;
            for (int r = firstRow; r < lastRow; r++)
            {
                float* line = image + (rows[r] * stride) + channel;
                for (int q = firstColumn; q < lastColumn; q++)
                {
                    sum = MathF.FusedMultiplyAdd(rowWeights[r] * columnWeights[q], line[(nint)columns[q] * channels], sum);
                }
            }

            target[channel] = sum * share;
        }
    }

    // map[r, q, c] += share·rows[r]·columns[q]·gradient[c] over the taps of one bin and a block of channels.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scatter(in RoiTaps taps, int row, int column, float* gradient, float* map, nint stride, int channels, int width)
    {
        (int firstColumn, int lastColumn) = (taps.Columns.Starts[column], taps.Columns.Starts[column + 1]);
        for (int r = taps.Rows.Starts[row]; r < taps.Rows.Starts[row + 1]; r++)
        {
            float* line = map + (taps.Rows.Positions[r] * stride);
            float rowWeight = taps.Rows.Weights[r] * taps.Share;
            for (int q = firstColumn; q < lastColumn; q++)
            {
                float* to = line + ((nint)taps.Columns.Positions[q] * channels);
                float factor = rowWeight * taps.Columns.Weights[q];
                Vector256<float> weight = Vector256.Create(factor);
                int channel = 0;
                for (; channel + 8 <= width; channel += 8)
                {
                    Vector256<float> sum = Vector256.Load(to + channel);
                    Vector256.MultiplyAddEstimate(weight, Vector256.Load(gradient + channel), sum).Store(to + channel);
                }

                for (; channel < width; channel++)
                {
                    to[channel] = MathF.FusedMultiplyAdd(factor, gradient[channel], to[channel]);
                }
            }
        }
    }

    private static void Clear(in RoiLevel level, int image, int channels, int start, int width)
    {
        nint pixels = (nint)level.Height * level.Width;
        float* target = level.Map + (image * pixels * channels) + start;
        for (nint pixel = 0; pixel < pixels; pixel++, target += channels)
        {
            NativeMemory.Clear(target, (nuint)width * sizeof(float));
        }
    }
}
