using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class BatchStatisticsKernelTests
{
    private static readonly (int Rows, int Columns)[] _shapes =
        [(1, 3), (2, 8), (31, 5), (33, 46), (200, 52), (3137, 24), (20000, 9), (150, 64), (77, 130)];

    [Fact]
    public void Mean_and_variance_are_accurate_however_far_the_mean_lies_from_zero()
    {
        Random random = new(1);
        foreach ((int rows, int columns) in _shapes)
        {
            foreach (double offset in new[] { 0.0, 1, -60 })
            {
                using GuardedMemory x = new((long)rows * columns, random);
                foreach (ref float value in x.Span)
                {
                    value += (float)offset;
                }

                AssertStatistics(x, rows, columns);
            }
        }
    }

    [Fact]
    public void A_first_row_far_from_all_others_does_not_spoil_the_variance()
    {
        using GuardedMemory x = new(5000 * 5, new Random(2));
        x.Span[..5].Fill(100);
        AssertStatistics(x, 5000, 5);
    }

    [Fact]
    public void A_constant_column_has_no_variance()
    {
        using GuardedMemory x = new(1000 * 9, 0.1f);
        using GuardedMemory partials = new(BatchStatisticsKernel.PartialFloats(1000, 9));
        using GuardedMemory mean = new(9);
        using GuardedMemory variance = new(9, float.NaN);
        BatchStatisticsKernel.Partials(x, partials, 1000, 9, 0, BatchStatisticsKernel.Parts(1000));
        BatchStatisticsKernel.Merge(partials, mean, variance, 1000, 9);
        Assert.All(mean.ToArray(), value => Assert.Equal(0.1f, value));
        Assert.All(variance.ToArray(), value => Assert.Equal(0f, value));
    }

    private static void AssertStatistics(GuardedMemory x, int rows, int columns)
    {
        using GuardedMemory partials = new(BatchStatisticsKernel.PartialFloats(rows, columns));
        using GuardedMemory mean = new(columns, float.NaN);
        using GuardedMemory variance = new(columns, float.NaN);
        PartGrouping.AssertNoInfluence(
            BatchStatisticsKernel.Parts(rows),
            (first, last) => BatchStatisticsKernel.Partials(x, partials, rows, columns, first, last),
            partials);
        BatchStatisticsKernel.Merge(partials, mean, variance, rows, columns);
        mean.AssertGuards();
        variance.AssertGuards();
        for (int column = 0; column < columns; column++)
        {
            double sum = 0;
            double squares = 0;
            for (int row = 0; row < rows; row++)
            {
                sum += x[row * columns + column];
            }

            for (int row = 0; row < rows; row++)
            {
                double deviation = x[row * columns + column] - sum / rows;
                squares += deviation * deviation;
            }

            Assert.Equal(sum / rows, mean[column], 5e-7 * Math.Sqrt(squares / rows) + 1e-7 * Math.Abs(sum / rows));
            Assert.Equal(squares / rows, variance[column], 1e-12 + 1.5e-6 * squares / rows);
        }
    }
}
