namespace Fovea.Engine.Compile.Buffers;

/// <summary>
/// Lays buffers with known lifetimes out in one arena: the largest first, each at the lowest place that no buffer alive at the same time
/// occupies.
/// </summary>
internal static class MemoryPlanner
{
    private const long Alignment = 64;

    /// <summary>
    /// The bytes that a buffer takes up: whole cache lines, and one between neighbours, since kernels may read one line past a buffer's
    /// end.
    /// </summary>
    public static long SizeOf(PlannedBuffer buffer) => ((buffer.Bytes + Alignment - 1) / Alignment * Alignment) + Alignment;

    /// <summary>Places the buffers and says how large the arena is.</summary>
    /// <returns>The offset of each buffer, and the arena's bytes.</returns>
    public static (IReadOnlyDictionary<PlannedBuffer, long> Offsets, long Bytes) Plan(IEnumerable<PlannedBuffer> buffers)
    {
        List<(PlannedBuffer Buffer, long Offset, long End)> placed = [];
        Dictionary<PlannedBuffer, long> offsets = [];
        long total = 0;
        foreach (PlannedBuffer buffer in buffers.OrderByDescending(buffer => buffer.Bytes).ThenBy(buffer => buffer.FirstCall))
        {
            long size = SizeOf(buffer);
            long offset = 0;
            foreach ((PlannedBuffer other, long start, long end) in placed)
            {
                if (other.FirstCall <= buffer.LastCall && buffer.FirstCall <= other.LastCall)
                {
                    if (offset + size <= start)
                    {
                        break;
                    }

                    offset = Math.Max(offset, end);
                }
            }

            int place = placed.FindIndex(entry => entry.Offset > offset);
            placed.Insert(place < 0 ? placed.Count : place, (buffer, offset, offset + size));
            offsets.Add(buffer, offset);
            total = Math.Max(total, offset + size);
        }

        return (offsets, total);
    }
}
