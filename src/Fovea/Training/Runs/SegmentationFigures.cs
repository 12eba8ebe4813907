using System.Text.Json.Serialization;

namespace Fovea.Training;

/// <summary>Figures of a run of a segmentation, by mmsegmentation's names.</summary>
/// <param name="MIoU">Mean intersection over union.</param>
/// <param name="MAcc">Mean accuracy of the classes.</param>
/// <param name="AAcc">Share of the labelled pixels that are right.</param>
/// <param name="IoU">Intersection over union of each class; no number for one in neither predictions nor labels.</param>
public sealed record SegmentationFigures(
    [property: JsonPropertyName("mIoU")] double MIoU,
    [property: JsonPropertyName("mAcc")] double MAcc,
    [property: JsonPropertyName("aAcc")] double AAcc,
    [property: JsonPropertyName("IoU")] IReadOnlyDictionary<string, double> IoU)
{
    /// <summary>Figures of an evaluation.</summary>
    /// <param name="evaluation">The evaluation.</param>
    public static SegmentationFigures Of(SegmentationEvaluation evaluation)
    {
        ArgumentNullException.ThrowIfNull(evaluation);
        SegmentationMetrics figures = evaluation.Figures;
        return new SegmentationFigures(
            figures.MeanIntersectionOverUnion,
            figures.MeanAccuracy,
            figures.PixelAccuracy,
            new OrderedDictionary<string, double>(evaluation.Classes.Zip(figures.IntersectionOverUnion, KeyValuePair.Create)));
    }
}
