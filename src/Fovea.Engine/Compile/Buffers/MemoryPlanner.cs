namespace Fovea.Engine.Compile.Buffers;

/// <summary>Gives buffers their offsets in a region of memory.</summary>
internal static class MemoryPlanner
{
    private const long Alignment = 64;

    /// <summary>
    /// The bytes that a buffer takes up: whole cache lines, and one between neighbours, since kernels may read one line past
    /// a buffer's end.
    /// </summary>
    public static long SizeOf(PlannedBuffer buffer) => ((buffer.Bytes + Alignment - 1) / Alignment * Alignment) + Alignment;

    /// <summary>
    /// Lays out buffers with known lifetimes, which share memory over time: the largest first, each where no buffer alive at the same time
    /// lies, at the lowest such offset or in the narrowest gap, whichever way takes less memory for all.
    /// </summary>
    /// <returns>The size of the region in bytes.</returns>
    public static long ShareOverTime(IEnumerable<PlannedBuffer> buffers)
    {
        PlannedBuffer[] largestFirst = [.. buffers.OrderByDescending(buffer => buffer.Bytes).ThenBy(buffer => buffer.FirstCall)];
        long lowest = Place(largestFirst, narrowest: false);
        long[] offsets = Array.ConvertAll(largestFirst, buffer => buffer.Offset);
        long narrowest = Place(largestFirst, narrowest: true);
        if (narrowest < lowest)
        {
            return narrowest;
        }

        for (int i = 0; i < offsets.Length; i++)
        {
            largestFirst[i].Offset = offsets[i];
        }

        return lowest;
    }

    private static long Place(PlannedBuffer[] buffers, bool narrowest)
    {
        List<PlannedBuffer> placed = [];
        long total = 0;
        foreach (PlannedBuffer buffer in buffers)
        {
            buffer.Offset = OffsetIn(placed, buffer, narrowest);
            int place = placed.FindIndex(entry => entry.Offset > buffer.Offset);
            placed.Insert(place < 0 ? placed.Count : place, buffer);
            total = Math.Max(total, buffer.Offset + SizeOf(buffer));
        }

        return total;
    }

    // The start of the first or of the narrowest gap between those that are alive with the buffer; behind all of them where none is wide
    // enough.
    private static long OffsetIn(List<PlannedBuffer> placed, PlannedBuffer buffer, bool narrowest)
    {
        long size = SizeOf(buffer);
        long width = long.MaxValue;
        long chosen = 0;
        long end = 0;
        foreach (PlannedBuffer other in placed)
        {
            if (other.FirstCall > buffer.LastCall || buffer.FirstCall > other.LastCall)
            {
                continue;
            }

            if (other.Offset - end >= size && other.Offset - end < width)
            {
                (chosen, width) = (end, other.Offset - end);
                if (!narrowest)
                {
                    break;
                }
            }

            end = Math.Max(end, other.Offset + SizeOf(other));
        }

        return width < long.MaxValue ? chosen : end;
    }

    /// <summary>Lays out buffers one behind the other.</summary>
    /// <returns>The size of the region in bytes.</returns>
    public static long PlaceInRow(IEnumerable<PlannedBuffer> buffers)
    {
        long total = 0;
        foreach (PlannedBuffer buffer in buffers)
        {
            buffer.Offset = total;
            total += SizeOf(buffer);
        }

        return total;
    }
}
