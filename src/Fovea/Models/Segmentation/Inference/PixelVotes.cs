using System.Numerics.Tensors;

namespace Fovea.Models;

/// <summary>Choice of the class of each pixel from one or more maps of logits of the image's size.</summary>
internal static class PixelVotes
{
    /// <summary>
    /// Writes the class of the largest logit of one map, or that of the largest mean probability of several; of equal ones the first.
    /// </summary>
    /// <param name="maps">Logits of the same size, and whether they are of the mirror image.</param>
    /// <param name="classes">Index of the class of each pixel (H, W).</param>
    /// <param name="probabilities">Mean probabilities (H, W, classes); empty where they are not wanted.</param>
    /// <param name="cancellation">Stops between two rows.</param>
    public static void Count(
        IReadOnlyList<(LogitRows Rows, bool Mirrored)> maps,
        Span<byte> classes,
        Span<float> probabilities,
        CancellationToken cancellation)
    {
        LogitRows first = maps[0].Rows;
        (int width, int depth) = (first.Width, first.Classes);
        bool plain = maps.Count == 1 && probabilities.IsEmpty && !maps[0].Mirrored;
        float[] mean = new float[plain ? 0 : width * depth];
        for (int y = 0; y < first.Height; y++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<float> scores = plain ? first.Row(y) : Average(maps, y, mean);
            for (int x = 0; x < width; x++)
            {
                classes[(y * width) + x] = (byte)TensorPrimitives.IndexOfMax(scores.Slice(x * depth, depth));
            }

            if (!probabilities.IsEmpty)
            {
                scores.CopyTo(probabilities[(y * width * depth)..]);
            }
        }
    }

    private static ReadOnlySpan<float> Average(IReadOnlyList<(LogitRows Rows, bool Mirrored)> maps, int y, float[] mean)
    {
        Array.Clear(mean);
        int depth = maps[0].Rows.Classes;
        Span<float> one = stackalloc float[depth];
        foreach ((LogitRows rows, bool mirrored) in maps)
        {
            ReadOnlySpan<float> logits = rows.Row(y);
            for (int x = 0; x < rows.Width; x++)
            {
                SoftMax(logits.Slice((mirrored ? rows.Width - 1 - x : x) * depth, depth), one);
                Span<float> pixel = mean.AsSpan(x * depth, depth);
                TensorPrimitives.Add(pixel, one, pixel);
            }
        }

        TensorPrimitives.Divide(mean, maps.Count, mean);
        return mean;
    }

    private static void SoftMax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        TensorPrimitives.Divide(probabilities, TensorPrimitives.Sum(probabilities), probabilities);
    }
}
