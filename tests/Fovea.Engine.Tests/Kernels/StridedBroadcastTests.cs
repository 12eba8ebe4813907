using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class StridedBroadcastTests
{
    private static readonly (long[] Extents, long[] Strides)[] _readings =
    [
        ([5, 7], [7, 1]), ([5, 7], [0, 1]), ([5, 7], [1, 0]), ([40, 2], [1, 0]), ([3, 11, 2], [11, 1, 0]), ([3, 11, 3], [0, 1, 0]),
        ([4, 6, 8], [6, 1, 0]), ([4, 6, 9], [6, 1, 0]), ([2, 3, 5, 4], [15, 5, 1, 0]), ([6, 5, 2], [1, 6, 0]), ([3, 4, 2], [8, 2, 1]),
    ];

    [Fact]
    public void Any_stretch_of_a_reading_holds_the_elements_that_its_strides_name()
    {
        foreach ((long[]? extents, long[]? strides) in _readings)
        {
            StridedBroadcast reading = new(extents, strides);
            using GuardedMemory source = new(256, new Random(1));
            int count = (int)reading.Count;
            for (int start = 0; start < count; start += 3)
            {
                for (int length = 1; start + length <= count; length += 1 + length / 2)
                {
                    using GuardedMemory destination = new(length + 7, new Random(2));
                    reading.Gather(source.Pointer, start, length, destination.Pointer);
                    for (int i = 0; i < length; i++)
                    {
                        Assert.True(
                            destination[i] == source[Place(start + i, extents, strides)],
                            $"[{string.Join(", ", extents)}] by [{string.Join(", ", strides)}]: "
                            + $"element {start + i} of a stretch from {start}");
                    }
                }
            }
        }
    }

    private static int Place(long element, long[] extents, long[] strides)
    {
        long place = 0;
        for (int axis = extents.Length - 1; axis >= 0; axis--)
        {
            place += element % extents[axis] * strides[axis];
            element /= extents[axis];
        }

        return (int)place;
    }
}
