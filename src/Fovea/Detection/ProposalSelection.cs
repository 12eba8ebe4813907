namespace Fovea.Detection;

/// <summary>Options of the choice of proposals (Ren et al. 2015; Lin et al. 2017).</summary>
/// <param name="PerLevel">Anchors of each level that are considered, those of the largest logits.</param>
/// <param name="Coder">Code of the boxes.</param>
internal sealed record ProposalOptions(int PerLevel, BoxCoder Coder)
{
    /// <summary>
    /// Shortest side of a proposal in pixels: 0.001 in torchvision, 0 in mmdetection 2.11; the smallest positive float in 2.26, which asks
    /// for more than 0.
    /// </summary>
    public float ShortestSide { get; init; } = 1e-3f;

    /// <summary>Least score of a proposal.</summary>
    public float LeastScore { get; init; }

    /// <summary>Suppression within each level.</summary>
    public SuppressionOptions Suppression { get; init; } = new(0.7);
}

/// <summary>Chooses the proposals of one image from what a region proposal network says of its anchors.</summary>
internal static class ProposalSelection
{
    /// <summary>Writes the best proposals, as many as there is room for.</summary>
    /// <param name="options">Rules.</param>
    /// <param name="levelSizes">Number of anchors on each level; all other spans hold level after level.</param>
    /// <param name="anchors">The anchors.</param>
    /// <param name="logits">Logit of each anchor.</param>
    /// <param name="codes">Code of each anchor's box.</param>
    /// <param name="height">Height of the image, without padding.</param>
    /// <param name="width">Width of the image, without padding.</param>
    /// <param name="proposals">Room for the proposals; their classes are levels.</param>
    /// <returns>Number of proposals.</returns>
    public static int Select(
        ProposalOptions options,
        ReadOnlySpan<int> levelSizes,
        ReadOnlySpan<float> anchors,
        ReadOnlySpan<float> logits,
        ReadOnlySpan<float> codes,
        int height,
        int width,
        SelectedBoxes proposals)
    {
        Candidates candidates = new(levelSizes.Length * options.PerLevel);
        Span<float> box = stackalloc float[Boxes.Numbers];
        int first = 0;
        for (int level = 0; level < levelSizes.Length; level++)
        {
            TopScores best = new(Math.Min(options.PerLevel, levelSizes[level]));
            best.Offer(logits.Slice(first, levelSizes[level]));
            int count = best.Finish();
            for (int rank = 0; rank < count; rank++)
            {
                int anchor = first + best[rank];
                options.Coder.Decode(Boxes.At(anchors, anchor), Boxes.At(codes, anchor), box);
                Boxes.Clip(box, height, width);
                float score = ScoreFunctions.Sigmoid(logits[anchor]);
                if (Boxes.HasSides(box, options.ShortestSide) && score >= options.LeastScore)
                {
                    candidates.Add(box, score, level, anchor);
                }
            }

            best.Return();
            first += levelSizes[level];
        }

        int selected = candidates.Select(options.Suppression, proposals);
        candidates.Return();
        return selected;
    }
}
