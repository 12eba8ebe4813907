namespace Fovea.Training;

/// <summary>COCO's figures of a detector on a set of images.</summary>
/// <param name="Boxes">Evaluation of the boxes.</param>
/// <param name="Masks">Evaluation of the masks; null where the detector or the set has none.</param>
/// <param name="Classes">Names of the classes, in the order of their ids.</param>
/// <param name="Images">Number of images.</param>
public sealed record DetectionEvaluation(CocoEvaluation Boxes, CocoEvaluation? Masks, IReadOnlyList<string> Classes, int Images)
    : EvaluationResult
{
    /// <summary>Objects of the set, image ids being indices into it.</summary>
    public IReadOnlyList<CocoTruth> Truths { get; init; } = [];

    /// <summary>Objects that were found, image ids being indices into the set.</summary>
    public IReadOnlyList<CocoDetection> Detections { get; init; } = [];

    /// <inheritdoc/>
    public override IReadOnlyList<Metric> Metrics =>
    [
        new("AP", Boxes.Metrics.Ap),
        new("AP50", Boxes.Metrics.Ap50),
        new("AP75", Boxes.Metrics.Ap75),
        .. Masks is null ? Array.Empty<Metric>() : [new("maskAP", Masks.Metrics.Ap), new("maskAP50", Masks.Metrics.Ap50)],
    ];

    /// <summary>Average precision of the masks, else of the boxes.</summary>
    public override double Score => (Masks ?? Boxes).Metrics.Ap;
}
