namespace Fovea.Detection;

/// <summary>
/// Best score of each class among all boxes of an image that overlap a given one: how sure a detector is that the object is still there,
/// whichever anchor or region tells it.
/// </summary>
internal static class OverlapScores
{
    /// <summary>Intersection over union from which on a box is taken for the same object.</summary>
    private const float LeastOverlap = 0.5f;

    /// <summary>Takes the scores of anchors.</summary>
    /// <param name="options">Code of the boxes and number of classes.</param>
    /// <param name="anchors">The anchors.</param>
    /// <param name="logits">Class logits of each anchor.</param>
    /// <param name="codes">Code of each anchor's box.</param>
    /// <param name="height">Height of the image, without padding.</param>
    /// <param name="width">Width of the image, without padding.</param>
    /// <param name="target">The given box.</param>
    /// <param name="scores">Best score of each class; 0 where no box overlaps.</param>
    public static void OfAnchors(
        AnchorDetectionOptions options,
        ReadOnlySpan<float> anchors,
        ReadOnlySpan<float> logits,
        ReadOnlySpan<float> codes,
        int height,
        int width,
        ReadOnlySpan<float> target,
        Span<float> scores)
    {
        scores.Clear();
        Span<float> box = stackalloc float[Boxes.Numbers];
        for (int anchor = 0; anchor < anchors.Length / Boxes.Numbers; anchor++)
        {
            options.Coder.Decode(Boxes.At(anchors, anchor), Boxes.At(codes, anchor), box);
            Boxes.Clip(box, height, width);
            for (int index = 0; index < options.Classes && Boxes.Overlap(box, target) >= LeastOverlap; index++)
            {
                scores[index] = Math.Max(scores[index], ScoreFunctions.Sigmoid(logits[(anchor * options.Classes) + index]));
            }
        }
    }

    /// <summary>Takes the scores of regions.</summary>
    /// <param name="options">Code of the boxes and order of the class logits.</param>
    /// <param name="regions">Boxes of the regions.</param>
    /// <param name="logits">Class logits of each region.</param>
    /// <param name="codes">Codes of each region's boxes, one for each label that has any.</param>
    /// <param name="height">Height of the image, without padding.</param>
    /// <param name="width">Width of the image, without padding.</param>
    /// <param name="target">The given box.</param>
    /// <param name="scores">Best score of each class; 0 where no box overlaps.</param>
    public static void OfRegions(
        RegionDetectionOptions options,
        ReadOnlySpan<float> regions,
        ReadOnlySpan<float> logits,
        ReadOnlySpan<float> codes,
        int height,
        int width,
        ReadOnlySpan<float> target,
        Span<float> scores)
    {
        scores.Clear();
        RegionClasses classes = options.Classes;
        float[] probabilities = new float[classes.Labels];
        Span<float> box = stackalloc float[Boxes.Numbers];
        for (int region = 0; region < regions.Length / Boxes.Numbers; region++)
        {
            ScoreFunctions.Softmax(logits.Slice(region * classes.Labels, classes.Labels), probabilities);
            for (int index = 0; index < classes.Count; index++)
            {
                int label = classes.LabelOf(index);
                int code = (region * classes.BoxesPerRegion) + label;
                options.Coder.Decode(Boxes.At(regions, region), Boxes.At(codes, code), box);
                Boxes.Clip(box, height, width);
                if (Boxes.Overlap(box, target) >= LeastOverlap)
                {
                    scores[index] = Math.Max(scores[index], probabilities[label]);
                }
            }
        }
    }
}
