using System.Buffers;

namespace Fovea.Detection;

/// <summary>Options of the choice of detections among regions.</summary>
/// <param name="Coder">Code of the boxes.</param>
/// <param name="Classes">Order of the class logits.</param>
internal sealed record RegionDetectionOptions(BoxCoder Coder, RegionClasses Classes)
{
    /// <summary>Score that a detection exceeds.</summary>
    public float ScoreAbove { get; init; } = 0.05f;

    /// <summary>Shortest side of a detection in pixels: 0.01 in torchvision, 0 in mmdetection.</summary>
    public float ShortestSide { get; init; } = 1e-2f;

    /// <summary>Suppression within each class.</summary>
    public SuppressionOptions Suppression { get; init; } = new(0.5);
}

/// <summary>Chooses the detections of one image from what a head says of its regions (Girshick 2015).</summary>
internal static class RegionDetection
{
    /// <summary>Writes the best detections, as many as there is room for.</summary>
    /// <param name="options">Rules.</param>
    /// <param name="regions">Boxes of the regions.</param>
    /// <param name="logits">Class logits of each region.</param>
    /// <param name="codes">Codes of each region's boxes, one for each label that has any.</param>
    /// <param name="height">Height of the image, without padding.</param>
    /// <param name="width">Width of the image, without padding.</param>
    /// <param name="detections">Room for the detections; classes count from 0, without background.</param>
    /// <returns>Number of detections.</returns>
    public static int Select(
        RegionDetectionOptions options,
        ReadOnlySpan<float> regions,
        ReadOnlySpan<float> logits,
        ReadOnlySpan<float> codes,
        int height,
        int width,
        SelectedBoxes detections)
    {
        RegionClasses classes = options.Classes;
        float[] rented = ArrayPool<float>.Shared.Rent(classes.Labels);
        Span<float> scores = rented.AsSpan(0, classes.Labels);
        Span<float> box = stackalloc float[Boxes.Numbers];
        int count = regions.Length / Boxes.Numbers;
        Candidates candidates = new(count);
        for (int region = 0; region < count; region++)
        {
            ScoreFunctions.Softmax(logits.Slice(region * classes.Labels, classes.Labels), scores);
            for (int index = 0; index < classes.Count; index++)
            {
                int label = classes.LabelOf(index);
                if (scores[label] > options.ScoreAbove)
                {
                    int code = (region * classes.BoxesPerRegion) + label;
                    options.Coder.Decode(Boxes.At(regions, region), Boxes.At(codes, code), box);
                    Boxes.Clip(box, height, width);
                    if (Boxes.HasSides(box, options.ShortestSide))
                    {
                        candidates.Add(box, scores[label], index, region);
                    }
                }
            }
        }

        int selected = candidates.Select(options.Suppression, detections);
        candidates.Return();
        ArrayPool<float>.Shared.Return(rented);
        return selected;
    }
}
