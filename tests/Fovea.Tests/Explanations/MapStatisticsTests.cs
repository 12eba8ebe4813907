using Fovea.Explanations;

namespace Fovea.Tests.Explanations;

public sealed class MapStatisticsTests
{
    [Fact]
    public void Sparsity_goes_from_cells_that_are_alike_to_one_that_has_everything()
    {
        Assert.Equal(0, MapStatistics.Gini([2, 2, 2, 2]), 12);
        Assert.Equal(0, MapStatistics.Gini([0, 0, 0]), 12);
        Assert.Equal(0.75, MapStatistics.Gini([0, 0, 5, 0]), 12);
        Assert.Equal(0.25, MapStatistics.Gini([1, -2, 3, 4]), 12);
    }

    [Fact]
    public void Rank_correlation_sees_order_alone()
    {
        float[] map = [0.1f, 5, -3, 0.2f, 40];
        Assert.Equal(1, MapStatistics.RankCorrelation(map, [.. map.Select(value => MathF.Pow(value, 3))]), 12);
        Assert.Equal(-1, MapStatistics.RankCorrelation(map, [.. map.Select(value => -value)]), 12);
        Assert.Equal(0, MapStatistics.RankCorrelation(map, [7, 7, 7, 7, 7]));

        // By hand: ranks 1.5, 1.5, 3, 4 against 1, 2, 3, 4.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), MapStatistics.RankCorrelation([1, 1, 2, 3], [1, 2, 3, 4]), 12);
        Assert.Throws<ArgumentException>(() => MapStatistics.RankCorrelation(map, [1, 2]));
    }
}
