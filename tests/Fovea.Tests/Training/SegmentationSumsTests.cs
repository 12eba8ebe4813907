using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class SegmentationSumsTests
{
    [Fact]
    public void A_class_that_only_predictions_have_counts_in_the_mean_overlap_but_not_in_the_mean_accuracy()
    {
        SegmentationSums sums = new(3);
        sums.Add([0, 0, 1], [0, 0, 0]);
        SegmentationMetrics metrics = sums.Metrics();
        Assert.Equal([2.0 / 3, 0, double.NaN], metrics.IntersectionOverUnion);
        Assert.Equal([2.0 / 3, double.NaN, double.NaN], metrics.Accuracy);
        Assert.Equal(1.0 / 3, metrics.MeanIntersectionOverUnion, 12);
        Assert.Equal(2.0 / 3, metrics.MeanAccuracy, 12);
        Assert.Equal([2.0 / 3, 0, 0.5], sums.Metrics(undefined: 0.5).IntersectionOverUnion);
    }

    [Fact]
    public void Without_a_label_nothing_is_a_number()
    {
        SegmentationSums sums = new(2);
        sums.Add([1, 0], [255, 255]);
        Assert.Equal(double.NaN, sums.Metrics().PixelAccuracy);
        Assert.Equal(double.NaN, sums.Metrics().MeanIntersectionOverUnion);
    }

    [Fact]
    public void Maps_of_different_lengths_and_predictions_of_no_class_are_refused()
    {
        SegmentationSums sums = new(2);
        Assert.Throws<ArgumentException>(() => sums.Add([1, 0], [1]));
        Assert.Throws<ArgumentException>(() => sums.Add([2], [1]));
        Assert.Throws<ArgumentException>(() => sums.Add(new SegmentationSums(3)));
        sums.Add([2], [255]);
    }
}
