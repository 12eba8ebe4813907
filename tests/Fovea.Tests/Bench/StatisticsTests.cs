using Fovea.Compare;

namespace Fovea.Tests.Bench;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(3, new[] { 3.0 })]
    [InlineData(2.5, new[] { 4.0, 1, 3, 2 })]
    [InlineData(3, new[] { 100.0, 3, 1 })]
    public void The_median_is_the_middle_value_and_takes_no_notice_of_the_outermost(double median, double[] values) =>
        Assert.Equal(median, Statistics.Median(values));

    [Fact]
    public void Nothing_has_no_median() => Assert.Throws<ArgumentException>(() => Statistics.Median([]));

    [Fact]
    public void Twice_as_fast_and_half_as_fast_are_equally_fast_in_the_geometric_mean()
    {
        Assert.Equal(1, Statistics.GeometricMean([2, 0.5]), 12);
        Assert.Equal(2, Statistics.GeometricMean([1, 2, 4]), 12);
    }

    [Fact]
    public void The_difference_is_a_share_of_the_largest_magnitude()
    {
        Assert.Equal(0, Statistics.LargestDifference([0, 0], [0, 0]));
        Assert.Equal(0.25, Statistics.LargestDifference([1, -4, 2], [1, -3, 2]), 12);
        Assert.Throws<ArgumentException>(() => Statistics.LargestDifference([1], [1, 2]));
    }

    [Theory]
    [InlineData(1, float.NaN)]
    [InlineData(float.NaN, 1)]
    public void A_result_that_is_not_a_number_is_not_taken_for_equal(float wanted, float got) =>
        Assert.False(Statistics.LargestDifference([wanted, 1], [got, 1]) <= 1e-3);
}
