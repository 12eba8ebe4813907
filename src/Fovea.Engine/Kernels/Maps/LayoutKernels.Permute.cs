using System.Runtime.CompilerServices;

namespace Fovea.Engine.Kernels;

/// <content>Reordering of axes.</content>
internal static unsafe partial class LayoutKernels
{
    /// <summary>The most axes that a permutation takes.</summary>
    public const int MaxAxes = 8;

    /// <summary>The independent parts of a permutation.</summary>
    /// <param name="shape">The lengths of the source's axes, at most <see cref="MaxAxes"/>.</param>
    /// <param name="axes">For each axis of the target, the axis of the source that it is, from 0.</param>
    /// <exception cref="ArgumentException">There are more axes than <see cref="MaxAxes"/>.</exception>
    public static int PermuteParts(ReadOnlySpan<int> shape, ReadOnlySpan<int> axes) => new Permutation(shape, axes).Parts;

    /// <summary>
    /// Reorders axes: target axis i is source axis axes[i]. Axes that stay neighbours move as one; then either the last one stays and runs
    /// are copied, or a matrix is transposed for every index of the other axes.
    /// </summary>
    /// <param name="shape">The lengths of the source's axes, at most <see cref="MaxAxes"/>.</param>
    /// <param name="axes">For each axis of the target, the axis of the source that it is, from 0.</param>
    /// <param name="source">The source, row-major.</param>
    /// <param name="target">The target, row-major; apart from the source.</param>
    /// <param name="first">The first part.</param>
    /// <param name="last">One past the last part.</param>
    /// <exception cref="ArgumentException">There are more axes than <see cref="MaxAxes"/>.</exception>
    public static void Permute(ReadOnlySpan<int> shape, ReadOnlySpan<int> axes, float* source, float* target, int first, int last)
    {
        Permutation permutation = new(shape, axes);
        for (int part = first; part < last; part++)
        {
            permutation.Run(part, source, target);
        }
    }

    [InlineArray(MaxAxes)]
    private struct Lengths
    {
        private nint _first;
    }

    /// <summary>
    /// A permutation with unit axes dropped and neighbours joined. One item is a run, or a matrix of source rows (the axis that the target
    /// ends with) by source columns (the axis that the source ends with); the outer axes count the items, in the order of the target.
    /// </summary>
    private readonly struct Permutation
    {
        private readonly Lengths _outer;
        private readonly Lengths _outerSource;
        private readonly Lengths _outerTarget;
        private readonly int _outerAxes;
        private readonly nint _items = 1;
        private readonly nint _rows = 1;
        private readonly nint _columns = 1;
        private readonly nint _rowStride;
        private readonly nint _columnTargetStride;
        private readonly nint _itemsPerPart = 1;
        private readonly nint _pieces = 1;
        private readonly nint _pieceLength;

        public Permutation(ReadOnlySpan<int> shape, ReadOnlySpan<int> axes)
        {
            if (shape.Length > MaxAxes || axes.Length != shape.Length)
            {
                throw new ArgumentException(
                    $"A permutation takes one order of at most {MaxAxes} axes, got {axes.Length} for {shape.Length} axes.");
            }

            Lengths lengths = default;
            Lengths sources = default;
            int rank = Join(shape, axes, ref lengths, ref sources);

            // The joined axis that the source ends with has stride 1; if it is also the target's last, runs stay whole.
            nint targetStride = 1;
            for (int axis = rank - 1; axis >= 0; axis--)
            {
                if (sources[axis] == 1)
                {
                    _columns = lengths[axis];
                    _columnTargetStride = targetStride;
                }
                else if (axis == rank - 1)
                {
                    _rows = lengths[axis];
                    _rowStride = sources[axis];
                }
                else
                {
                    _outer[_outerAxes] = lengths[axis];
                    _outerSource[_outerAxes] = sources[axis];
                    _outerTarget[_outerAxes] = targetStride;
                    _outerAxes++;
                    _items *= lengths[axis];
                }

                targetStride *= lengths[axis];
            }

            // A large item is cut along its longer side, at whole squares of the transposition; small ones are taken together.
            nint longer = Math.Max(_rows, _columns);
            nint shorter = Math.Min(_rows, _columns);
            _pieceLength = Math.Min(longer, Math.Max(8, Grain / shorter / 8 * 8));
            _pieces = (longer + _pieceLength - 1) / _pieceLength;
            _itemsPerPart = _pieces > 1 ? 1 : Math.Max(1, Grain / (_rows * _columns));
        }

        public int Parts => (int)(_pieces * ((_items + _itemsPerPart - 1) / _itemsPerPart));

        public void Run(int part, float* source, float* target)
        {
            (nint group, nint piece) = Math.DivRem(part, _pieces);
            nint first = group * _itemsPerPart;
            nint count = Math.Min(_itemsPerPart, _items - first);
            Lengths index = default;
            for (int axis = 0; axis < _outerAxes; axis++)
            {
                (first, index[axis]) = Math.DivRem(first, _outer[axis]);
                source += index[axis] * _outerSource[axis];
                target += index[axis] * _outerTarget[axis];
            }

            for (; count > 0; count--)
            {
                RunPiece(piece * _pieceLength, source, target);
                Advance(ref index, ref source, ref target);
            }
        }

        // To the next item, as a counter whose digits are the indices of the outer axes: items are too short for divisions.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Advance(ref Lengths index, ref float* source, ref float* target)
        {
            for (int axis = 0; axis < _outerAxes; axis++)
            {
                source += _outerSource[axis];
                target += _outerTarget[axis];
                if (++index[axis] < _outer[axis])
                {
                    return;
                }

                source -= _outer[axis] * _outerSource[axis];
                target -= _outer[axis] * _outerTarget[axis];
                index[axis] = 0;
            }
        }

        private void RunPiece(nint start, float* source, float* target)
        {
            bool alongRows = _rows > _columns;
            nint length = Math.Min(_pieceLength, (alongRows ? _rows : _columns) - start);
            if (_columnTargetStride == 1)
            {
                Copy(source + start, target + start, length);
            }
            else if (alongRows)
            {
                TransposeKernel.Transpose(
                    source + start * _rowStride, _rowStride, (int)length, (int)_columns, target + start, _columnTargetStride);
            }
            else
            {
                TransposeKernel.Transpose(
                    source + start, _rowStride, (int)_rows, (int)length, target + start * _columnTargetStride, _columnTargetStride);
            }
        }

        // The target's axes as lengths and strides in the source, without unit axes, neighbours of the source that stay neighbours joined.
        private static int Join(ReadOnlySpan<int> shape, ReadOnlySpan<int> axes, ref Lengths lengths, ref Lengths sources)
        {
            Lengths strides = default;
            nint stride = 1;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                strides[axis] = stride;
                stride *= shape[axis];
            }

            int rank = 0;
            foreach (int axis in axes)
            {
                if (shape[axis] == 1)
                {
                    continue;
                }

                if (rank > 0 && sources[rank - 1] == strides[axis] * shape[axis])
                {
                    lengths[rank - 1] *= shape[axis];
                    sources[rank - 1] = strides[axis];
                    continue;
                }

                lengths[rank] = shape[axis];
                sources[rank] = strides[axis];
                rank++;
            }

            return rank;
        }
    }
}
