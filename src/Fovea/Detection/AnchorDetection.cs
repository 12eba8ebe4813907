namespace Fovea.Detection;

/// <summary>Options of the choice of detections among anchors.</summary>
/// <param name="Coder">Code of the boxes.</param>
/// <param name="Classes">Number of classes, one logit for each.</param>
internal sealed record AnchorDetectionOptions(BoxCoder Coder, int Classes)
{
    /// <summary>Score that a detection exceeds.</summary>
    public float ScoreAbove { get; init; } = 0.05f;

    /// <summary>Largest number of pairs of anchor and class, or of anchors, that each level gives.</summary>
    public int PerLevel { get; init; } = 1000;

    /// <summary>
    /// Choice of a level's anchors whose best class scores highest, with all their classes, as in mmdetection 2.11, and not of the best
    /// pairs of anchor and class, as in torchvision and mmdetection 2.26.
    /// </summary>
    public bool WholeAnchors { get; init; }

    /// <summary>Suppression within each class.</summary>
    public SuppressionOptions Suppression { get; init; } = new(0.5);
}

/// <summary>Chooses the detections of one image from what RetinaNet says of its anchors (Lin et al. 2017).</summary>
internal static class AnchorDetection
{
    /// <summary>Writes the best detections, as many as there is room for.</summary>
    /// <param name="options">Rules.</param>
    /// <param name="levelSizes">Number of anchors on each level; all other spans hold level after level.</param>
    /// <param name="anchors">The anchors.</param>
    /// <param name="logits">Class logits of each anchor.</param>
    /// <param name="codes">Code of each anchor's box.</param>
    /// <param name="height">Height of the image, without padding.</param>
    /// <param name="width">Width of the image, without padding.</param>
    /// <param name="detections">Room for the detections.</param>
    /// <returns>Number of detections.</returns>
    public static int Select(
        AnchorDetectionOptions options,
        ReadOnlySpan<int> levelSizes,
        ReadOnlySpan<float> anchors,
        ReadOnlySpan<float> logits,
        ReadOnlySpan<float> codes,
        int height,
        int width,
        SelectedBoxes detections)
    {
        Candidates candidates = new(levelSizes.Length * options.PerLevel);
        Span<float> box = stackalloc float[Boxes.Numbers];
        int first = 0;
        foreach (int size in levelSizes)
        {
            ReadOnlySpan<float> levelLogits = logits.Slice(first * options.Classes, size * options.Classes);
            TopScores best = options.WholeAnchors ? BestAnchors(options, levelLogits) : BestPairs(options, levelLogits);
            int count = best.Finish();
            for (int rank = 0; rank < count; rank++)
            {
                (int anchor, int only) = options.WholeAnchors ? (best[rank], -1) : Math.DivRem(best[rank], options.Classes);
                options.Coder.Decode(Boxes.At(anchors, first + anchor), Boxes.At(codes, first + anchor), box);
                Boxes.Clip(box, height, width);
                ReadOnlySpan<float> anchorLogits = levelLogits.Slice(anchor * options.Classes, options.Classes);
                if (only >= 0)
                {
                    candidates.Add(box, ScoreFunctions.Sigmoid(anchorLogits[only]), only, first + anchor);
                }
                else
                {
                    AddClasses(options, box, anchorLogits, first + anchor, ref candidates);
                }
            }

            best.Return();
            first += size;
        }

        int selected = candidates.Select(options.Suppression, detections);
        candidates.Return();
        return selected;
    }

    private static TopScores BestPairs(AnchorDetectionOptions options, ReadOnlySpan<float> logits)
    {
        // Of the many logits, few are worth an exponential.
        float likely = ScoreFunctions.LogitBelow(options.ScoreAbove);
        TopScores best = new(Math.Min(options.PerLevel, logits.Length));
        for (int pair = 0; pair < logits.Length; pair++)
        {
            if (logits[pair] >= likely && ScoreFunctions.Sigmoid(logits[pair]) is float score && score > options.ScoreAbove)
            {
                best.Offer(score, pair);
            }
        }

        return best;
    }

    private static TopScores BestAnchors(AnchorDetectionOptions options, ReadOnlySpan<float> logits)
    {
        int count = logits.Length / options.Classes;
        TopScores best = new(Math.Min(options.PerLevel, count));
        for (int anchor = 0; anchor < count; anchor++)
        {
            // Where all are taken, they stay in their order.
            float largest = float.NegativeInfinity;
            for (int i = anchor * options.Classes; i < (anchor + 1) * options.Classes && count > options.PerLevel; i++)
            {
                largest = Math.Max(largest, logits[i]);
            }

            best.Offer(ScoreFunctions.Sigmoid(largest), anchor);
        }

        return best;
    }

    private static void AddClasses(
        AnchorDetectionOptions options, scoped ReadOnlySpan<float> box, ReadOnlySpan<float> logits, int row, ref Candidates candidates)
    {
        for (int classIndex = 0; classIndex < logits.Length; classIndex++)
        {
            float score = ScoreFunctions.Sigmoid(logits[classIndex]);
            if (score > options.ScoreAbove)
            {
                candidates.Add(box, score, classIndex, row);
            }
        }
    }
}
