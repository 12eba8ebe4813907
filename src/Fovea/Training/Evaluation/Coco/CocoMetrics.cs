namespace Fovea.Training;

/// <summary>
/// COCO's twelve numbers, each from 0 to 1, or −1 where there is nothing to measure it by. Small objects have an area of up to 32²
/// pixels, medium ones from 32² to 96², large ones from 96² on.
/// </summary>
/// <param name="Ap">Average precision over 101 recalls and ten thresholds of overlap, 0.50 to 0.95.</param>
/// <param name="Ap50">Average precision at an overlap of 0.50.</param>
/// <param name="Ap75">Average precision at an overlap of 0.75.</param>
/// <param name="ApSmall">Average precision of small objects.</param>
/// <param name="ApMedium">Average precision of medium objects.</param>
/// <param name="ApLarge">Average precision of large objects.</param>
/// <param name="Ar1">Average recall over the ten thresholds with one detection for each image and class.</param>
/// <param name="Ar10">Average recall with ten detections.</param>
/// <param name="Ar100">Average recall with a hundred detections.</param>
/// <param name="ArSmall">Average recall of small objects with a hundred detections.</param>
/// <param name="ArMedium">Average recall of medium objects with a hundred detections.</param>
/// <param name="ArLarge">Average recall of large objects with a hundred detections.</param>
public sealed record CocoMetrics(
    double Ap,
    double Ap50,
    double Ap75,
    double ApSmall,
    double ApMedium,
    double ApLarge,
    double Ar1,
    double Ar10,
    double Ar100,
    double ArSmall,
    double ArMedium,
    double ArLarge)
{
    /// <summary>COCO's names of the twelve numbers, in the order of <see cref="Values"/>.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"];

    /// <summary>All twelve, in COCO's order.</summary>
    public IReadOnlyList<double> Values =>
        [Ap, Ap50, Ap75, ApSmall, ApMedium, ApLarge, Ar1, Ar10, Ar100, ArSmall, ArMedium, ArLarge];

    /// <summary>Mean of each number over the classes that have it.</summary>
    internal static CocoMetrics MeanOf(IReadOnlyCollection<CocoMetrics> classes)
    {
        return new CocoMetrics(
            Mean(one => one.Ap),
            Mean(one => one.Ap50),
            Mean(one => one.Ap75),
            Mean(one => one.ApSmall),
            Mean(one => one.ApMedium),
            Mean(one => one.ApLarge),
            Mean(one => one.Ar1),
            Mean(one => one.Ar10),
            Mean(one => one.Ar100),
            Mean(one => one.ArSmall),
            Mean(one => one.ArMedium),
            Mean(one => one.ArLarge));

        double Mean(Func<CocoMetrics, double> number) => classes.Select(number).Where(value => value > -1).DefaultIfEmpty(-1).Average();
    }
}
