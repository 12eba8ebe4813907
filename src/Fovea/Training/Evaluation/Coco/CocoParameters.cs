namespace Fovea.Training;

/// <summary>The fixed parameters of COCO's evaluation.</summary>
internal static class CocoParameters
{
    /// <summary>Detections of one class that count in an image, at most.</summary>
    public const int MaxDetections = 100;

    /// <summary>Index of the threshold 0.75.</summary>
    public const int ThreeQuarters = 5;

    /// <summary>Thresholds of overlap: 0.50, 0.55, …, 0.95.</summary>
    public static double[] Thresholds { get; } = Steps(0.5, 0.95, 10);

    /// <summary>Recalls at which precision is read: 0, 0.01, …, 1.</summary>
    public static double[] Recalls { get; } = Steps(0, 1, 101);

    /// <summary>Ranges of area, both ends included: all, small, medium, large.</summary>
    public static (double Least, double Most)[] Areas { get; } = [(0, 1e10), (0, 1024), (1024, 9216), (9216, 1e10)];

    // The doubles of NumPy's linspace, on which an overlap of exactly a threshold depends.
    private static double[] Steps(double first, double last, int count)
    {
        double step = (last - first) / (count - 1);
        double[] values = [.. Enumerable.Range(0, count).Select(i => first + (i * step))];
        values[^1] = last;
        return values;
    }
}
