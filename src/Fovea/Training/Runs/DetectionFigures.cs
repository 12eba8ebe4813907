namespace Fovea.Training;

/// <summary>COCO's figures of a run of a detector, by COCO's names.</summary>
/// <param name="Bbox">Figures of the boxes.</param>
/// <param name="Segm">Figures of the masks; null without masks.</param>
public sealed record DetectionFigures(IReadOnlyDictionary<string, double> Bbox, IReadOnlyDictionary<string, double>? Segm)
{
    /// <summary>Figures of an evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    public static DetectionFigures Of(DetectionEvaluation evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        return new DetectionFigures(
            ByName(evaluation.Boxes.Metrics), evaluation.Masks is CocoEvaluation masks ? ByName(masks.Metrics) : null);
    }

    private static OrderedDictionary<string, double> ByName(CocoMetrics metrics) =>
        new(CocoMetrics.Names.Zip(metrics.Values, KeyValuePair.Create));
}
