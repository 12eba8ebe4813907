namespace Fovea.Data;

/// <summary>Runs inside an object, in the order of their positions, that become a mask.</summary>
internal sealed class RunBuilder
{
    private readonly List<int> _counts = [];
    private int _end;

    /// <summary>Adds a run; one that begins where the last ended continues it.</summary>
    /// <param name="position">Position of its first pixel, down the columns.</param>
    /// <param name="length">Its pixels; 0 adds nothing.</param>
    public void Add(int position, int length)
    {
        if (length == 0)
        {
            return;
        }

        if (position == _end && _counts.Count > 0)
        {
            _counts[^1] += length;
        }
        else
        {
            _counts.Add(position - _end);
            _counts.Add(length);
        }

        _end = position + length;
    }

    /// <summary>Makes the mask.</summary>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    public RunLengthMask ToMask(int height, int width)
    {
        int rest = (height * width) - _end;
        return RunLengthMask.FromCounts(height, width, rest > 0 ? [.. _counts, rest] : [.. _counts]);
    }
}
