namespace Fovea.Data;

/// <summary>The runs of a mask, column by column.</summary>
internal sealed class ColumnRuns
{
    private readonly List<(int Top, int Bottom)> _runs = [];
    private readonly int[] _starts;

    /// <summary>Cuts the runs of a mask at the ends of its columns.</summary>
    /// <param name="mask">The mask.</param>
    public ColumnRuns(RunLengthMask mask)
    {
        _starts = new int[mask.Width + 1];
        ReadOnlySpan<int> counts = mask.Counts;
        int position = 0;
        int column = 0;
        for (int run = 0; run + 1 < counts.Length; run += 2)
        {
            position += counts[run];
            int end = position + counts[run + 1];
            while (position < end)
            {
                (int x, int top) = Math.DivRem(position, mask.Height);
                int length = Math.Min(end - position, mask.Height - top);
                for (; column < x; column++)
                {
                    _starts[column + 1] = _runs.Count;
                }

                _runs.Add((top, top + length));
                position += length;
            }
        }

        _starts.AsSpan(column + 1).Fill(_runs.Count);
    }

    /// <summary>Runs inside the object of a column, from top to bottom: first row, and the row behind the last.</summary>
    /// <param name="column">The column.</param>
    public ReadOnlySpan<(int Top, int Bottom)> this[int column] =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_runs)[_starts[column].._starts[column + 1]];
}
