using System.Buffers;

namespace Fovea.Detection;

/// <summary>Options of non-maximum suppression.</summary>
/// <param name="Threshold">
/// A box goes when its intersection over union with a better one is strictly greater. The overlap is a float32, the threshold a double.
/// </param>
internal sealed record SuppressionOptions(double Threshold)
{
    /// <summary>
    /// Largest number of boxes whose classes are kept apart as PyTorch does it, by moving each class to coordinates of its own, which
    /// changes overlaps by rounding: 1000 in torchvision on processors, 9999 in mmcv. With 0, every class is treated by itself.
    /// </summary>
    public int OffsetUpTo { get; init; }

    /// <summary>
    /// The largest float that is not above the threshold: an overlap is greater than the one exactly if it is greater than the other.
    /// </summary>
    public float LargestOverlap
    {
        get
        {
            float nearest = (float)Threshold;
            return nearest > Threshold ? MathF.BitDecrement(nearest) : nearest;
        }
    }
}

/// <summary>
/// Greedy non-maximum suppression: boxes in descending order of score, equal ones in the order given, each dropped when it overlaps one
/// that was kept. Boxes of different classes do not meet.
/// </summary>
internal static class NonMaximumSuppression
{
    /// <summary>Writes the indices of the boxes that stay, best first.</summary>
    /// <param name="options">Threshold, and the way to keep classes apart.</param>
    /// <param name="boxes">Four numbers a box.</param>
    /// <param name="scores">A number for each box.</param>
    /// <param name="classes">The class of each box, at least 0; empty if they are all of one.</param>
    /// <param name="kept">Room for as many indices as are wanted.</param>
    /// <returns>Number of indices written.</returns>
    public static int Select(
        SuppressionOptions options, ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<int> classes, Span<int> kept)
    {
        int count = scores.Length;
        if (!classes.IsEmpty && count <= options.OffsetUpTo)
        {
            float[] moved = ArrayPool<float>.Shared.Rent(boxes.Length);
            MoveApart(boxes, classes, moved);
            int written = Select(options, moved.AsSpan(0, boxes.Length), scores, [], kept);
            ArrayPool<float>.Shared.Return(moved);
            return written;
        }

        int[] rented = ArrayPool<int>.Shared.Rent(4 * count);
        Span<int> order = rented.AsSpan(0, count);
        Span<int> grouped = rented.AsSpan(count, count);
        Span<int> ranks = rented.AsSpan(2 * count, count);
        Span<int> dropped = rented.AsSpan(3 * count, count);
        TopScores.Order(scores, order);
        GroupByClass(order, classes, ranks);
        for (int i = 0; i < count; i++)
        {
            grouped[i] = order[ranks[i]];
        }

        dropped.Clear();
        Drop(options.LargestOverlap, boxes, grouped, classes, dropped);
        for (int i = 0; i < count; i++)
        {
            if (dropped[i] != 0)
            {
                order[ranks[i]] = -1;
            }
        }

        int next = 0;
        for (int rank = 0; rank < count && next < kept.Length; rank++)
        {
            if (order[rank] >= 0)
            {
                kept[next++] = order[rank];
            }
        }

        ArrayPool<int>.Shared.Return(rented);
        return next;
    }

    private static void Drop(
        float threshold, ReadOnlySpan<float> boxes, ReadOnlySpan<int> grouped, ReadOnlySpan<int> classes, Span<int> dropped)
    {
        using BoxColumns columns = new(boxes, grouped);
        int end = 0;
        for (int i = 0; i < grouped.Length; i++)
        {
            while (end < grouped.Length && (end <= i || classes.IsEmpty || classes[grouped[end]] == classes[grouped[i]]))
            {
                end++;
            }

            if (dropped[i] == 0)
            {
                columns.MarkOverlapping(i, end, threshold, dropped);
            }
        }
    }

    /// <summary>Writes the ranks of boxes class by class, those of a class in ascending order.</summary>
    private static void GroupByClass(ReadOnlySpan<int> order, ReadOnlySpan<int> classes, Span<int> ranks)
    {
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(order.Length);
        for (int rank = 0; rank < order.Length; rank++)
        {
            keys[rank] = ((ulong)(classes.IsEmpty ? 0 : classes[order[rank]]) << 32) | (uint)rank;
        }

        if (!classes.IsEmpty)
        {
            keys.AsSpan(0, order.Length).Sort();
        }

        for (int i = 0; i < order.Length; i++)
        {
            ranks[i] = (int)(uint)keys[i];
        }

        ArrayPool<ulong>.Shared.Return(keys);
    }

    private static void MoveApart(ReadOnlySpan<float> boxes, ReadOnlySpan<int> classes, Span<float> moved)
    {
        float largest = float.NegativeInfinity;
        foreach (float coordinate in boxes)
        {
            largest = Math.Max(largest, coordinate);
        }

        for (int i = 0; i < boxes.Length; i++)
        {
            moved[i] = boxes[i] + (classes[i / Boxes.Numbers] * (largest + 1));
        }
    }
}
