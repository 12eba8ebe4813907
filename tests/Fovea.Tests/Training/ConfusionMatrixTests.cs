using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Shares_are_counted_by_hand()
    {
        ConfusionMatrix matrix = new(["cat", "dog", "bird"]);
        foreach ((int truth, int predicted, int times) in new[] { (0, 0, 5), (0, 1, 3), (1, 1, 4), (1, 0, 1), (1, 2, 2) })
        {
            for (int i = 0; i < times; i++)
            {
                matrix.Add(truth, predicted);
            }
        }

        Assert.Equal(15, matrix.Total);
        Assert.Equal(9.0 / 15, matrix.Accuracy, 12);
        Assert.Equal(5.0 / 6, matrix.Precision(0), 12);
        Assert.Equal(5.0 / 8, matrix.Recall(0), 12);
        Assert.Equal(0.0, matrix.Precision(2));
        Assert.True(double.IsNaN(matrix.Recall(2)));
        Assert.Equal([8L, 7, 0], Enumerable.Range(0, 3).Select(matrix.Support));
        Assert.Equal([new ConfusedPair(0, 1, 3), new ConfusedPair(1, 2, 2)], matrix.MostConfused(2));
        Assert.Equal(3, matrix.MostConfused(10).Count);
    }

    [Fact]
    public void A_class_out_of_range_is_refused()
    {
        ConfusionMatrix matrix = new(["a", "b"]);
        foreach ((int truth, int predicted) in new[] { (2, 0), (0, 2), (-1, 0), (0, -1) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Add(truth, predicted));
        }

        Assert.True(double.IsNaN(matrix.Accuracy));
    }
}
