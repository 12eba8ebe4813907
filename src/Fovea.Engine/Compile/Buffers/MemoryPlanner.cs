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
    /// Lays out buffers with known lifetimes, which share memory over time: the largest first, each at the lowest offset where no buffer
    /// alive at the same time lies.
    /// </summary>
    /// <returns>The size of the region in bytes.</returns>
    public static long ShareOverTime(IEnumerable<PlannedBuffer> buffers)
    {
        List<PlannedBuffer> placed = [];
        long total = 0;
        foreach (PlannedBuffer buffer in buffers.OrderByDescending(buffer => buffer.Bytes).ThenBy(buffer => buffer.FirstCall))
        {
            long size = SizeOf(buffer);
            long offset = 0;
            foreach (PlannedBuffer other in placed)
            {
                if (other.FirstCall <= buffer.LastCall && buffer.FirstCall <= other.LastCall)
                {
                    if (offset + size <= other.Offset)
                    {
                        break;
                    }

                    offset = Math.Max(offset, other.Offset + SizeOf(other));
                }
            }

            buffer.Offset = offset;
            int place = placed.FindIndex(entry => entry.Offset > offset);
            placed.Insert(place < 0 ? placed.Count : place, buffer);
            total = Math.Max(total, offset + size);
        }

        return total;
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
