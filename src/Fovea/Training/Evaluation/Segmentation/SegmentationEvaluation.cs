namespace Fovea.Training;

/// <summary>Figures of a segmentation on a set of images.</summary>
/// <param name="Figures">Overlaps and accuracies of the classes.</param>
/// <param name="Confusion">Number of labelled pixels of each class taken for each class.</param>
/// <param name="Images">Number of images.</param>
public sealed record SegmentationEvaluation(SegmentationMetrics Figures, ConfusionMatrix Confusion, int Images) : EvaluationResult
{
    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Classes => Confusion.Classes;

    /// <summary>Images with the largest share of wrong pixels, the worst first.</summary>
    public IReadOnlyList<SegmentationMistake> Worst { get; init; } = [];

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Metrics =>
    [
        new("mIoU", Figures.MeanIntersectionOverUnion),
        new("mAcc", Figures.MeanAccuracy),
        new("aAcc", Figures.PixelAccuracy),
    ];

    /// <summary>Mean intersection over union.</summary>
    public override double Score => Figures.MeanIntersectionOverUnion;
}

/// <summary>An image with wrong pixels.</summary>
/// <param name="Index">Its index in the data set.</param>
/// <param name="WrongShare">Share of its labelled pixels that are wrong.</param>
/// <param name="Predicted">Class that each pixel was taken for, row by row.</param>
public sealed record SegmentationMistake(int Index, double WrongShare, IReadOnlyList<byte> Predicted);
