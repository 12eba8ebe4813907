using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class LayoutKernelsTests
{
    [Fact]
    public void Every_order_of_axes_agrees_with_its_twin_in_any_grouping()
    {
        foreach (int[] shape in
            (int[][])[[5], [1], [3, 7], [16, 24], [9, 1, 10], [2, 3, 4, 5], [2, 9, 3, 8], [3, 1, 2, 5, 4], [2, 3, 2, 1, 3, 5]])
        {
            foreach (int[] axes in Orders(shape.Length))
            {
                CheckPermutation(shape, axes);
            }
        }
    }

    [Fact]
    public void Large_permutations_are_cut_into_parts_that_agree_with_the_twin()
    {
        CheckPermutation([300, 203], [1, 0]);
        CheckPermutation([3, 30011], [1, 0]);
        CheckPermutation([30011, 3], [1, 0]);
        CheckPermutation([2, 49, 3, 4, 32], [2, 0, 3, 1, 4]);
        CheckPermutation([2, 3, 130, 140], [0, 2, 3, 1]);
        CheckPermutation([3, 2, 20001], [1, 0, 2]);
        CheckPermutation([2, 2, 3, 2, 3, 3, 2, 5], [0, 1, 4, 3, 6, 2, 5, 7]);
        Assert.True(LayoutKernels.PermuteParts([300, 203], [1, 0]) > 1);
        Assert.True(LayoutKernels.PermuteParts([3, 30011], [1, 0]) > 1);
    }

    [Fact]
    public void More_axes_than_a_permutation_takes_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => LayoutKernels.PermuteParts([1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 1, 2, 3, 4, 5, 6, 7, 8]));
        Assert.Contains("9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_strided_block_is_copied_and_the_floats_between_are_left_alone()
    {
        foreach ((int rows, int run) in ((int, int)[])[(1, 1), (5, 3), (7, 16), (3, 20000), (4000, 13)])
        {
            (int sourceStride, int targetStride) = (run + 2, run + 5);
            using GuardedMemory source = GuardedMemory.Random(rows * sourceStride, 1);
            using GuardedMemory target = GuardedMemory.Random(rows * targetStride, 2);
            float[] expected = target.Span.ToArray();
            for (int i = 0; i < rows * run; i++)
            {
                expected[i / run * targetStride + 3 + i % run] = source.Span[i / run * sourceStride + 1 + i % run];
            }

            int parts = LayoutKernels.RowParts(rows, run);
            for (int part = 0; part < parts; part += 2)
            {
                LayoutKernels.CopyBlock(
                    source.Pointer + 1, sourceStride, target.Pointer + 3, targetStride, rows, run, part, Math.Min(part + 2, parts));
            }

            Assert.True(target.Span.SequenceEqual(expected), $"{rows} runs of {run}");
        }
    }

    [Fact]
    public void Padding_surrounds_each_row_with_zeros()
    {
        foreach ((int rows, int run, int before, int after) in
            ((int, int, int, int)[])[(1, 5, 0, 3), (6, 7, 2, 0), (3, 33, 17, 9), (900, 30, 1, 2)])
        {
            int padded = before + run + after;
            using GuardedMemory source = GuardedMemory.Random(rows * run, 1);
            using GuardedMemory target = GuardedMemory.Random(rows * padded, 2);
            int parts = LayoutKernels.RowParts(rows, padded);
            for (int part = 0; part < parts; part++)
            {
                LayoutKernels.PadAxis(source.Pointer, target.Pointer, rows, run, before, after, part, part + 1);
            }

            for (int i = 0; i < target.Length; i++)
            {
                int column = i % padded - before;
                Assert.Equal(column >= 0 && column < run ? source.Span[i / padded * run + column] : 0, target.Span[i]);
            }
        }
    }

    [Fact]
    public void Rows_are_gathered_and_scattered_by_index()
    {
        foreach ((int entries, int width, int count) in
            ((int, int, int)[])[(1, 1, 4), (7, 3, 20), (169, 6, 2401), (5, 64, 9), (11, 137, 200)])
        {
            using GuardedMemory table = GuardedMemory.Random(entries * width, 1);
            using GuardedMemory rows = new(count * width);
            using GuardedMemory sums = GuardedMemory.Random(entries * width, 2);
            using GuardedMemory grouped = GuardedMemory.Random(entries * width, 3);
            Random random = new(4);
            int[] indices = [.. Enumerable.Range(0, count).Select(_ => random.Next(entries))];
            fixed (int* index = indices)
            {
                int parts = LayoutKernels.RowParts(count, width);
                for (int part = 0; part < parts; part++)
                {
                    LayoutKernels.GatherRows(table.Pointer, entries, width, index, count, rows.Pointer, part, part + 1);
                }

                parts = LayoutKernels.ScatterParts(width);
                LayoutKernels.ScatterAddRows(rows.Pointer, index, count, sums.Pointer, entries, width, 0, parts);
                for (int part = 0; part < parts; part++)
                {
                    LayoutKernels.ScatterAddRows(rows.Pointer, index, count, grouped.Pointer, entries, width, part, part + 1);
                }
            }

            float[] expected = new float[entries * width];
            for (int i = 0; i < count * width; i++)
            {
                int entry = indices[i / width] * width + i % width;
                Assert.Equal(table.Span[entry], rows.Span[i]);
                expected[entry] += rows.Span[i];
            }

            Assert.True(sums.Span.SequenceEqual(expected), $"{count} rows of {width} into {entries}");
            Assert.True(grouped.Span.SequenceEqual(expected), $"{count} rows of {width} into {entries}, part by part");
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    public void An_index_outside_the_table_is_named_with_the_size_of_the_table(int wrong)
    {
        int[] indices = [0, 4, wrong];
        using GuardedMemory table = new(5 * 2);
        using GuardedMemory rows = new(3 * 2);
        foreach (bool scatter in (bool[])[false, true])
        {
            IndexOutOfRangeException error = Assert.Throws<IndexOutOfRangeException>(() =>
            {
                fixed (int* index = indices)
                {
                    if (scatter)
                    {
                        LayoutKernels.ScatterAddRows(rows.Pointer, index, 3, table.Pointer, 5, 2, 0, 1);
                    }
                    else
                    {
                        LayoutKernels.GatherRows(table.Pointer, 5, 2, index, 3, rows.Pointer, 0, 1);
                    }
                }
            });
            Assert.Contains($"Index {wrong} at position 2", error.Message, StringComparison.Ordinal);
            Assert.Contains("5 entries", error.Message, StringComparison.Ordinal);
        }
    }

    private static void CheckPermutation(int[] shape, int[] axes)
    {
        int length = shape.Aggregate(1, (product, axis) => product * axis);
        using GuardedMemory source = GuardedMemory.Random(length, 1);
        float[] expected = new float[length];
        for (int i = 0; i < length; i++)
        {
            int[] index = new int[shape.Length];
            int rest = i;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                (rest, index[axis]) = Math.DivRem(rest, shape[axis]);
            }

            expected[axes.Aggregate(0, (offset, axis) => offset * shape[axis] + index[axis])] = source.Span[i];
        }

        int parts = LayoutKernels.PermuteParts(shape, axes);
        foreach (int group in (int[])[parts, 1, 3])
        {
            using GuardedMemory target = new(length);
            for (int part = 0; part < parts; part += group)
            {
                LayoutKernels.Permute(shape, axes, source.Pointer, target.Pointer, part, Math.Min(part + group, parts));
            }

            Assert.True(
                target.Span.SequenceEqual(expected), $"[{string.Join(", ", shape)}] by [{string.Join(", ", axes)}], groups of {group}");
        }
    }

    private static IEnumerable<int[]> Orders(int rank) => rank == 0
        ? [[]]
        : Orders(rank - 1).SelectMany(
            order => Enumerable.Range(0, rank).Select(position => (int[])[.. order[..position], rank - 1, .. order[position..]]));
}
