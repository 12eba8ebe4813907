using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class StridedMatMulKernelTests
{
    [Fact]
    public void Columns_are_computed_in_whole_vectors_and_at_least_two()
    {
        Assert.Equal([16, 16, 16, 24, 24, 40, 48, 56], new[] { 1, 8, 16, 17, 24, 33, 48, 49 }.Select(StridedMatMulKernel.Lanes));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_size_and_direction_of_the_left_operand_follows_the_definition(bool transposed)
    {
        for (int size = 0; size < 200; size++)
        {
            int rows = 1 + size % 23;
            int depth = size * 7 % 71;
            int lanes = StridedMatMulKernel.Lanes(1 + size * 5 % 57);
            int rowStride = transposed ? 1 : depth + 3;
            int depthStride = transposed ? rows + 2 : 1;
            using GuardedMemory left = GuardedMemory.Random(rows * rowStride + depth * depthStride + 1, seed: size);
            using GuardedMemory right = GuardedMemory.Random(depth * (lanes + 5) + 1, seed: 1000 + size);
            using GuardedMemory initial = GuardedMemory.Random(rows * (lanes + 1), seed: 2000 + size);
            using GuardedMemory result = new(rows * (lanes + 2), 7);
            StridedMatMulKernel.Multiply(
                new StridedLeft(left, rowStride, depthStride), new StridedRows(right, lanes + 5), new StridedRows(initial, lanes + 1),
                new StridedRows(result, lanes + 2), rows, lanes, depth);
            result.AssertGuards();
            double[] products = MatMulTwin.Multiply(left, rowStride, depthStride, right, lanes + 5, 1, rows, lanes, depth);
            for (int row = 0; row < rows; row++)
            {
                for (int lane = 0; lane < lanes; lane++)
                {
                    Assert.Equal(products[row * lanes + lane] + initial[row * (lanes + 1) + lane], result[row * (lanes + 2) + lane], 1e-5);
                }

                Assert.Equal([7, 7], result.Span.Slice(row * (lanes + 2) + lanes, 2).ToArray());
            }
        }
    }

    [Fact]
    public void Sums_may_begin_with_the_result_or_with_one_row_for_all()
    {
        for (int rows = 1; rows <= 20; rows++)
        {
            const int Depth = 9;
            const int Lanes = 40;
            using GuardedMemory left = GuardedMemory.Random(rows * Depth, seed: rows);
            using GuardedMemory right = GuardedMemory.Random(Depth * Lanes, seed: 100 + rows);
            using GuardedMemory row = GuardedMemory.Random(Lanes, seed: 200 + rows);
            using GuardedMemory result = new(rows * Lanes, float.NaN);
            StridedLeft operand = new(left, Depth, 1);
            StridedRows target = new(result, Lanes);
            StridedMatMulKernel.Multiply(operand, new StridedRows(right, Lanes), new StridedRows(row, 0), target, rows, Lanes, Depth);
            StridedMatMulKernel.Multiply(operand, new StridedRows(right, Lanes), target, target, rows, Lanes, Depth);
            double[] expected = MatMulTwin.Multiply(left, Depth, 1, right, Lanes, 1, rows, Lanes, Depth);
            result.AssertNear([.. expected.Select((value, i) => 2 * value + row[i % Lanes])], 1e-5, $"{rows} rows");
        }
    }

    [Fact]
    public void Maxima_rise_to_the_largest_result_of_each_column_and_never_fall()
    {
        for (int rows = 1; rows <= 20; rows++)
        {
            foreach (int lanes in new[] { 16, 24, 40, 48 })
            {
                const int Depth = 5;
                using GuardedMemory left = GuardedMemory.Random(rows * Depth, seed: rows);
                using GuardedMemory right = GuardedMemory.Random(Depth * lanes, seed: 100 + rows);
                using GuardedMemory zeros = new(lanes, 0);
                using GuardedMemory result = new(rows * lanes, float.NaN);
                using GuardedMemory maxima = new(lanes, float.NegativeInfinity);
                maxima.Span[0] = 9;
                StridedMatMulKernel.Multiply(
                    new StridedLeft(left, Depth, 1), new StridedRows(right, lanes), new StridedRows(zeros, 0),
                    new StridedRows(result, lanes),
                    rows, lanes, Depth, maxima);
                maxima.AssertGuards();
                Assert.Equal(9, maxima[0]);
                for (int lane = 1; lane < lanes; lane++)
                {
                    Assert.Equal(Enumerable.Range(0, rows).Max(row => result[row * lanes + lane]), maxima[lane]);
                }
            }
        }
    }
}
