using System.Collections;
using System.Runtime.CompilerServices;

namespace Fovea.Engine.Graph;

/// <summary>
/// The fixed extent of a value along each axis, outermost first. Feature maps are (N, H, W, C), token lists (N, tokens, C);
/// a scalar has no axes. Written as a collection expression: <c>Shape s = [2, 56, 56, 64];</c>
/// </summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public sealed class Shape : IReadOnlyList<int>, IEquatable<Shape>
{
    private readonly int[] _axes;

    private Shape(int[] axes) => _axes = axes;

    /// <summary>The shape of a single value: no axes.</summary>
    public static Shape Scalar { get; } = new([]);

    /// <summary>The number of axes.</summary>
    public int Rank => _axes.Length;

    /// <summary>The number of axes; the same as <see cref="Rank"/>.</summary>
    public int Count => _axes.Length;

    /// <summary>The number of elements: the product of all axes, 1 for a scalar.</summary>
    public long Elements
    {
        get
        {
            long product = 1;
            foreach (int axis in _axes)
            {
                product *= axis;
            }

            return product;
        }
    }

    /// <summary>The extent of the innermost axis (channels of a feature map), 1 for a scalar.</summary>
    public int Last => _axes.Length == 0 ? 1 : _axes[^1];

    /// <summary>The extent of an axis; negative counts from the innermost (-1 is the last).</summary>
    /// <exception cref="IndexOutOfRangeException">There is no such axis.</exception>
    public int this[int axis] => _axes[axis < 0 ? axis + _axes.Length : axis];

    /// <summary>Makes a shape from its axes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An axis is below 1.</exception>
    /// <exception cref="ShapeException">There are more elements than a run can address.</exception>
    public static Shape Create(ReadOnlySpan<int> axes)
    {
        double elements = 1;
        foreach (int axis in axes)
        {
            if (axis < 1)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(axes), $"A shape has axes of at least 1, not [{string.Join(", ", axes.ToArray())}].");
            }

            elements *= axis;
        }

        if (elements > int.MaxValue)
        {
            throw new ShapeException(
                $"a value of shape [{string.Join(", ", axes.ToArray())}] has {elements:g3} elements, "
                + $"and at most {int.MaxValue} can be addressed: make the batch or the images smaller");
        }

        return axes.IsEmpty && Scalar is not null ? Scalar : new Shape(axes.ToArray());
    }

    /// <summary>The axes as a span.</summary>
    public ReadOnlySpan<int> AsSpan() => _axes;

    /// <summary>The axes as a new array.</summary>
    public int[] ToArray() => [.. _axes];

    /// <summary>Copy of the shape with another extent along one axis; negative axes count from the innermost.</summary>
    public Shape With(int axis, int extent)
    {
        int[] axes = ToArray();
        axes[axis < 0 ? axis + axes.Length : axis] = extent;
        return Create(axes);
    }

    /// <summary>Distance in elements between neighbours along each axis of a dense, row-major array of this shape.</summary>
    public long[] Strides()
    {
        long[] strides = new long[Rank];
        long step = 1;
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            step *= _axes[axis];
        }

        return strides;
    }

    /// <summary>
    /// The shape both operands take when broadcast against each other: aligned at the innermost axis, extents of 1 stretch.
    /// </summary>
    /// <exception cref="ShapeException">Two extents differ and neither is 1.</exception>
    public static Shape Broadcast(Shape left, Shape right)
    {
        int rank = Math.Max(left.Rank, right.Rank);
        int[] axes = new int[rank];
        for (int i = 1; i <= rank; i++)
        {
            int a = i <= left.Rank ? left[-i] : 1;
            int b = i <= right.Rank ? right[-i] : 1;
            if (a != b && a != 1 && b != 1)
            {
                throw new ShapeException($"{left} and {right} do not broadcast: axis -{i} is {a} on one side and {b} on the other");
            }

            axes[rank - i] = Math.Max(a, b);
        }

        return Create(axes);
    }

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && _axes.AsSpan().SequenceEqual(other._axes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int axis in _axes)
        {
            hash.Add(axis);
        }

        return hash.ToHashCode();
    }

    /// <summary>The axes in brackets, as in <c>[2, 56, 56, 64]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _axes)}]";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)_axes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _axes.GetEnumerator();
}
