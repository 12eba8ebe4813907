using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Detection;

/// <summary>
/// Boxes by column (all x1, all y1, all x2, all y2, all areas), so that one box meets eight others at a time. The memory is rented: dispose
/// of it.
/// </summary>
internal readonly ref struct BoxColumns
{
    private readonly float[] _rented;
    private readonly int _count;

    /// <summary>Takes all boxes as they stand.</summary>
    public BoxColumns(ReadOnlySpan<float> boxes)
        : this(boxes.Length / Boxes.Numbers)
    {
        for (int i = 0; i < _count; i++)
        {
            Set(i, Boxes.At(boxes, i));
        }
    }

    /// <summary>Takes boxes in an order.</summary>
    public BoxColumns(ReadOnlySpan<float> boxes, ReadOnlySpan<int> order)
        : this(order.Length)
    {
        for (int i = 0; i < _count; i++)
        {
            Set(i, Boxes.At(boxes, order[i]));
        }
    }

    private BoxColumns(int count) => (_count, _rented) = (count, ArrayPool<float>.Shared.Rent(5 * count));

    /// <summary>Writes the intersection over union of a box with every box here.</summary>
    /// <param name="box">The box, which counts as the first operand.</param>
    /// <param name="overlaps">A number for each box here.</param>
    public void Overlaps(ReadOnlySpan<float> box, Span<float> overlaps)
    {
        float area = Boxes.Area(box);
        Lanes lanes = new(box, area);
        int i = 0;
        for (; i + Vector256<float>.Count <= _count; i += Vector256<float>.Count)
        {
            Vector256<float> intersection = Intersection(in lanes, i);
            Ratio(in lanes, intersection, i).CopyTo(overlaps[i..]);
        }

        for (; i < _count; i++)
        {
            overlaps[i] = Overlap(box, area, i);
        }
    }

    /// <summary>Sets to -1 the marks of those boxes behind one, up to an end, that overlap it by more than a threshold.</summary>
    public void MarkOverlapping(int index, int end, float threshold, Span<int> marks)
    {
        ReadOnlySpan<float> box = [Column(0)[index], Column(1)[index], Column(2)[index], Column(3)[index]];
        float area = Column(4)[index];
        Lanes lanes = new(box, area);
        Vector256<float> limit = Vector256.Create(threshold);
        int i = index + 1;
        for (; i + Vector256<float>.Count <= end; i += Vector256<float>.Count)
        {
            Vector256<float> intersection = Intersection(in lanes, i);

            // Most boxes meet few others, so that most ratios need not be worked out; a negative threshold asks for all.
            if (threshold < 0 || Vector256.GreaterThanAny(intersection, Vector256<float>.Zero))
            {
                Vector256<int> over = Vector256.GreaterThan(Ratio(in lanes, intersection, i), limit).AsInt32();
                (Vector256.Create<int>(marks[i..]) | over).CopyTo(marks[i..]);
            }
        }

        for (; i < end; i++)
        {
            marks[i] |= Overlap(box, area, i) > threshold ? -1 : 0;
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => ArrayPool<float>.Shared.Return(_rented);

    private Span<float> Column(int column) => _rented.AsSpan(column * _count, _count);

    private void Set(int index, ReadOnlySpan<float> box)
    {
        for (int column = 0; column < Boxes.Numbers; column++)
        {
            Column(column)[index] = box[column];
        }

        Column(4)[index] = Boxes.Area(box);
    }

    private float Overlap(ReadOnlySpan<float> box, float area, int index) =>
        Boxes.Overlap(
            Math.Min(box[2], Column(2)[index]) - Math.Max(box[0], Column(0)[index]),
            Math.Min(box[3], Column(3)[index]) - Math.Max(box[1], Column(1)[index]),
            area,
            Column(4)[index]);

    // The arithmetic of Boxes.Overlap for eight boxes, in the same order of operations.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Intersection(in Lanes box, int first)
    {
        Vector256<float> width = Vector256.MinNative(box.Right, Load(2, first)) - Vector256.MaxNative(box.Left, Load(0, first));
        Vector256<float> height = Vector256.MinNative(box.Bottom, Load(3, first)) - Vector256.MaxNative(box.Top, Load(1, first));
        return Vector256.MaxNative(width, Vector256<float>.Zero) * Vector256.MaxNative(height, Vector256<float>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Ratio(in Lanes box, Vector256<float> intersection, int first) =>
        Vector256.ConditionalSelect(
            Vector256.GreaterThan(intersection, Vector256<float>.Zero),
            intersection / (box.Area + Load(4, first) - intersection),
            Vector256<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Load(int column, int first) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(_rented), (nuint)((column * _count) + first));

    /// <summary>The numbers of one box, each in all lanes of a vector.</summary>
    private readonly struct Lanes(ReadOnlySpan<float> box, float area)
    {
        public readonly Vector256<float> Left = Vector256.Create(box[0]);
        public readonly Vector256<float> Top = Vector256.Create(box[1]);
        public readonly Vector256<float> Right = Vector256.Create(box[2]);
        public readonly Vector256<float> Bottom = Vector256.Create(box[3]);
        public readonly Vector256<float> Area = Vector256.Create(area);
    }
}
