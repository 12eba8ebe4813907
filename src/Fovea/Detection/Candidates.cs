using System.Buffers;

namespace Fovea.Detection;

/// <summary>Room for the boxes that a selection gives: as many as there are scores.</summary>
/// <param name="boxes">Four numbers a box.</param>
/// <param name="scores">Score of each box.</param>
/// <param name="classes">Class of each box; empty where nobody asks for it.</param>
/// <param name="rows">Row of each box among those that it was chosen from; empty where nobody asks for it.</param>
internal readonly ref struct SelectedBoxes(Span<float> boxes, Span<float> scores, Span<int> classes, Span<int> rows = default)
{
    /// <summary>Four numbers a box.</summary>
    public Span<float> Boxes { get; } = boxes;

    /// <summary>Score of each box, descending.</summary>
    public Span<float> Scores { get; } = scores;

    /// <summary>Class of each box; empty where nobody asks for it.</summary>
    public Span<int> Classes { get; } = classes;

    /// <summary>Index of the anchor or the region that each box was made of; empty where nobody asks for it.</summary>
    public Span<int> Rows { get; } = rows;
}

/// <summary>
/// Boxes from which a selection is made, with score, class and row. The memory is rented, grows as needed and is given back by
/// <see cref="Return"/>.
/// </summary>
internal ref struct Candidates(int capacity)
{
    private float[] _boxes = ArrayPool<float>.Shared.Rent(Boxes.Numbers * capacity);
    private float[] _scores = ArrayPool<float>.Shared.Rent(capacity);
    private int[] _classes = ArrayPool<int>.Shared.Rent(capacity);
    private int[] _rows = ArrayPool<int>.Shared.Rent(capacity);
    private int _count;

    /// <summary>Adds a box.</summary>
    /// <param name="box">The box.</param>
    /// <param name="score">Its score.</param>
    /// <param name="classIndex">Its class.</param>
    /// <param name="row">Index of the anchor or the region that it was made of.</param>
    public void Add(scoped ReadOnlySpan<float> box, float score, int classIndex, int row)
    {
        Grow(ref _boxes, Boxes.Numbers * _count, Boxes.Numbers);
        Grow(ref _scores, _count, 1);
        Grow(ref _classes, _count, 1);
        Grow(ref _rows, _count, 1);
        box.CopyTo(_boxes.AsSpan(Boxes.Numbers * _count));
        _scores[_count] = score;
        _classes[_count] = classIndex;
        _rows[_count] = row;
        _count++;
    }

    /// <summary>Writes the best boxes that non-maximum suppression leaves, as many as there is room for.</summary>
    /// <returns>Their number.</returns>
    public readonly int Select(SuppressionOptions options, SelectedBoxes selected)
    {
        int[] kept = ArrayPool<int>.Shared.Rent(selected.Scores.Length);
        int count = NonMaximumSuppression.Select(
            options,
            _boxes.AsSpan(0, Boxes.Numbers * _count),
            _scores.AsSpan(0, _count),
            _classes.AsSpan(0, _count),
            kept.AsSpan(0, selected.Scores.Length));
        for (int i = 0; i < count; i++)
        {
            Boxes.At(_boxes, kept[i]).CopyTo(Boxes.At(selected.Boxes, i));
            selected.Scores[i] = _scores[kept[i]];
            if (!selected.Classes.IsEmpty)
            {
                selected.Classes[i] = _classes[kept[i]];
            }

            if (!selected.Rows.IsEmpty)
            {
                selected.Rows[i] = _rows[kept[i]];
            }
        }

        ArrayPool<int>.Shared.Return(kept);
        return count;
    }

    /// <summary>Gives the memory back.</summary>
    public readonly void Return()
    {
        ArrayPool<float>.Shared.Return(_boxes);
        ArrayPool<float>.Shared.Return(_scores);
        ArrayPool<int>.Shared.Return(_classes);
        ArrayPool<int>.Shared.Return(_rows);
    }

    private static void Grow<T>(ref T[] values, int used, int more)
    {
        if (used + more > values.Length)
        {
            T[] larger = ArrayPool<T>.Shared.Rent(2 * (used + more));
            values.AsSpan(0, used).CopyTo(larger);
            ArrayPool<T>.Shared.Return(values);
            values = larger;
        }
    }
}
