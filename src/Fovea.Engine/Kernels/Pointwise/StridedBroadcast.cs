using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>An array read over a larger iteration shape with one stride per dimension, of which some are 0.</summary>
internal sealed unsafe class StridedBroadcast
{
    private const int MaxDimensions = 6;

    private readonly long[] _extents;
    private readonly long[] _strides;

    /// <summary>Describes the reading; neighbouring dimensions that run on in one stride become one.</summary>
    /// <param name="extents">The iteration shape, outermost first.</param>
    /// <param name="strides">The array's stride along each dimension, in floats; 0 repeats.</param>
    /// <exception cref="ArgumentException">The two differ in length, or more than 6 dimensions remain.</exception>
    public StridedBroadcast(long[] extents, long[] strides)
    {
        if (extents.Length != strides.Length)
        {
            throw new ArgumentException($"{extents.Length} extents but {strides.Length} strides: one stride per dimension is needed.");
        }

        List<(long Extent, long Stride)> merged = new();
        for (int i = 0; i < extents.Length; i++)
        {
            if (extents[i] == 1)
            {
                continue;
            }

            if (merged.Count > 0 && merged[^1].Stride == strides[i] * extents[i])
            {
                merged[^1] = (merged[^1].Extent * extents[i], strides[i]);
            }
            else
            {
                merged.Add((extents[i], strides[i]));
            }
        }

        if (merged.Count > MaxDimensions)
        {
            throw new ArgumentException($"A broadcast over [{string.Join(", ", extents)}] has more than {MaxDimensions} dimensions.");
        }

        if (merged.Count == 0)
        {
            merged.Add((1, 0));
        }

        _extents = [.. merged.Select(dimension => dimension.Extent)];
        _strides = [.. merged.Select(dimension => dimension.Stride)];
    }

    /// <summary>Elements of the iteration shape.</summary>
    public long Count => _extents.Aggregate(1L, (product, extent) => product * extent);

    /// <summary>The one stride of the whole reading, or −1 where it takes more than one.</summary>
    public long Stride => _extents.Length == 1 ? _strides[0] : -1;

    /// <summary>True if the reading is one contiguous run of <paramref name="length"/> floats over and over.</summary>
    public bool RepeatsEvery(long length) =>
        _extents.Length == 2 && _strides[0] == 0 && _strides[1] == 1 && _extents[1] == length;

    /// <summary>
    /// Reads the elements [start, start + length) of the iteration shape. May write up to 7 floats past the last, and read up to
    /// 7 floats past a contiguous run of the source.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(float* source, long start, int length, float* destination)
    {
        int inner = _extents.Length - 1;
        long extent = _extents[inner];
        long stride = _strides[inner];
        long* index = stackalloc long[MaxDimensions];
        long position = start % extent;
        long rest = start / extent;
        float* run = source;
        for (int axis = inner - 1; axis >= 0; axis--)
        {
            index[axis] = rest % _extents[axis];
            rest /= _extents[axis];
            run += index[axis] * _strides[axis];
        }

        float* end = destination + length;
        while (true)
        {
            if (position == 0 && RepeatsElements)
            {
                nint elements = (nint)Math.Min(_extents[inner - 1] - 1 - index[inner - 1], (end - destination) / extent);
                Repeat(destination, run, (nint)extent, elements);
                destination += elements * (nint)extent;
                run += elements;
                index[inner - 1] += elements;
            }

            nint count = (nint)Math.Min(extent - position, end - destination);
            CopyRun(destination, run + position * stride, stride, count);
            destination += count;
            if (destination >= end)
            {
                return;
            }

            position = 0;
            for (int axis = inner - 1; axis >= 0; axis--)
            {
                run += _strides[axis];
                if (++index[axis] < _extents[axis])
                {
                    break;
                }

                run -= _strides[axis] * _extents[axis];
                index[axis] = 0;
            }
        }
    }

    // Whether neighbouring floats are each repeated a few times, as where channels are multiplied: too short for runs of their own.
    private bool RepeatsElements => _extents.Length > 1 && _strides[^1] == 0 && _extents[^1] <= Vector256<float>.Count && _strides[^2] == 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Repeat(float* destination, float* source, nint times, nint elements)
    {
        for (nint i = 0; i < elements; i++)
        {
            Vector256.Create(source[i]).Store(destination);
            destination += times;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRun(float* destination, float* source, long stride, nint count)
    {
        if (stride == 1)
        {
            for (nint i = 0; i < count; i += 8)
            {
                Vector256.Load(source + i).Store(destination + i);
            }
        }
        else if (stride == 0)
        {
            Vector256<float> value = Vector256.Create(*source);
            for (nint i = 0; i < count; i += 8)
            {
                value.Store(destination + i);
            }
        }
        else
        {
            for (nint i = 0; i < count; i++)
            {
                destination[i] = source[i * stride];
            }
        }
    }
}
