namespace Fovea.Training;

/// <summary>Metrics of semantic segmentation, each from 0 to 1.</summary>
/// <param name="PixelAccuracy">Share of the labelled pixels that are right (aAcc).</param>
/// <param name="IntersectionOverUnion">Intersection over union of each class; NaN for one in neither predictions nor labels.</param>
/// <param name="Accuracy">Share of each class's pixels that are right; NaN for a class that no label has.</param>
/// <param name="Dice">Dice's coefficient of each class; NaN for one in neither predictions nor labels.</param>
public sealed record SegmentationMetrics(
    double PixelAccuracy,
    IReadOnlyList<double> IntersectionOverUnion,
    IReadOnlyList<double> Accuracy,
    IReadOnlyList<double> Dice)
{
    /// <summary>Mean of <see cref="IntersectionOverUnion"/> over the classes that have one (mIoU); NaN if none has.</summary>
    public double MeanIntersectionOverUnion => Mean(IntersectionOverUnion);

    /// <summary>Mean of <see cref="Accuracy"/> over the classes that have one (mAcc); NaN if none has.</summary>
    public double MeanAccuracy => Mean(Accuracy);

    /// <summary>Mean of <see cref="Dice"/> over the classes that have one (mDice); NaN if none has.</summary>
    public double MeanDice => Mean(Dice);

    private static double Mean(IReadOnlyList<double> values) =>
        values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();
}
