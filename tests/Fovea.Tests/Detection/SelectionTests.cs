using Fovea.Detection;

namespace Fovea.Tests.Detection;

public sealed class SelectionTests
{
    private static readonly BoxCoder _coder = new();

    [Fact]
    public void Proposals_are_the_best_of_each_level_in_the_image_and_of_some_size()
    {
        // Two levels of three anchors. The second of the first level meets the first, the third has no area inside the image.
        float[] anchors = [0, 0, 10, 10, 0, 0, 10, 9, 50, 0, 60, 10, 0, 0, 10, 10, 20, 20, 60, 60, 5, 5, 6, 6];
        float[] logits = [2, 1, 3, 2, 4, -1];
        Selection all = Proposals(new(3, _coder), [3, 3], anchors, logits, 10);
        Assert.Equal([20, 20, 50, 40, 0, 0, 10, 10, 0, 0, 10, 10, 5, 5, 6, 6], all.Boxes);
        Assert.Equal([4, 2, 2, -1], all.Scores.Select(score => MathF.Round(MathF.Log(score / (1 - score)))));
        Assert.Equal([1, 0, 1, 1], all.Classes);

        Selection one = Proposals(new(1, _coder) { ShortestSide = 0 }, [3, 3], anchors, [2, 1, 1, 3, 4, -1], 2);
        Assert.Equal([20, 20, 50, 40, 0, 0, 10, 10], one.Boxes);
        Assert.Equal(2, Proposals(new(3, _coder), [3, 3], anchors, logits, 2).Scores.Length);
        Assert.Equal(3, Proposals(new(3, _coder) { LeastScore = 0.5f }, [3, 3], anchors, logits, 10).Scores.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Detections_of_regions_exceed_the_score_in_any_class_but_background(bool backgroundFirst)
    {
        float[] regions = [0, 0, 10, 10, 0, 0, 10, 11, 20, 20, 30, 30];
        float[][] classLogits = [[0, 9, 5], [0, 8, 0], [9, 0, 0]];
        float[] logits = [.. classLogits.SelectMany(row => backgroundFirst ? row : [row[1], row[2], row[0]])];
        float[] codes = new float[4 * 3 * (backgroundFirst ? 3 : 2)];
        RegionDetectionOptions options = new(_coder, new(2, backgroundFirst)) { ScoreAbove = 0.01f };
        Selection found = Run(10, room => RegionDetection.Select(options, regions, logits, codes, 40, 50, room.Spans));
        Assert.Equal([0, 1], found.Classes);
        Assert.Equal([0, 0, 10, 11, 0, 0, 10, 10], found.Boxes);
        Assert.Equal([1, 0], found.Rows);
        Assert.True(found.Scores[0] > 0.95f && found.Scores[1] < 0.05f);
    }

    [Fact]
    public void Detections_of_anchors_are_the_best_pairs_of_each_level_or_whole_anchors()
    {
        float[] anchors = [0, 0, 10, 10, 20, 0, 30, 10, 0, 20, 10, 30];
        float[] logits = [3, 2, 1, -9, 5, 4];
        AnchorDetectionOptions options = new(_coder, 2) { PerLevel = 1 };
        Selection pairs = Run(10, room => AnchorDetection.Select(options, [2, 1], anchors, logits, new float[12], 40, 50, room.Spans));
        Assert.Equal([0, 20, 10, 30, 0, 0, 10, 10], pairs.Boxes);
        Assert.Equal([0, 0], pairs.Classes);
        Assert.Equal([2, 0], pairs.Rows);

        Selection whole = Run(10, room => AnchorDetection.Select(
            options with { WholeAnchors = true }, [2, 1], anchors, logits, new float[12], 40, 50, room.Spans));
        Assert.Equal([0, 1, 0, 1], whole.Classes);
        Assert.Equal([2, 2, 0, 0], whole.Rows);
        Assert.Equal([0, 20, 10, 30, 0, 20, 10, 30, 0, 0, 10, 10, 0, 0, 10, 10], whole.Boxes);
    }

    [Fact]
    public void A_score_at_the_threshold_is_no_detection()
    {
        AnchorDetectionOptions options = new(_coder, 1) { ScoreAbove = 0.5f };
        float[] anchors = [0, 0, 10, 10, 20, 0, 30, 10];
        Selection found = Run(10, room => AnchorDetection.Select(options, [2], anchors, [0, 1e-3f], new float[8], 40, 50, room.Spans));
        Assert.Equal([20, 0, 30, 10], found.Boxes);
    }

    [Fact]
    public void The_best_scores_of_what_overlaps_a_box_by_half_do_not_depend_on_threshold_or_suppression()
    {
        // The first overlaps the box wholly, the second by 0.6, the third by less than half.
        float[] boxes = [0, 0, 10, 10, 0, 4, 10, 10, 6, 0, 16, 10];
        float[] scores = new float[2];
        OverlapScores.OfAnchors(
            new(_coder, 2) { ScoreAbove = 0.9f }, boxes, [-1, -3, -2, 2, 9, 9], new float[12], 40, 50, [0, 0, 10, 10], scores);
        Assert.Equal([ScoreFunctions.Sigmoid(-1), ScoreFunctions.Sigmoid(2)], scores);

        OverlapScores.OfRegions(
            new(_coder, new(2, BackgroundFirst: false)), boxes, [1, 0, 0, 0, 2, 0, 9, 9, 0], new float[24], 40, 50, [0, 0, 10, 10], scores);
        Assert.Equal(Math.E / (Math.E + 2), scores[0], 1e-6);
        Assert.Equal(Math.Exp(2) / (Math.Exp(2) + 2), scores[1], 1e-6);

        OverlapScores.OfAnchors(new(_coder, 2), boxes, new float[6], new float[12], 40, 50, [30, 30, 40, 40], scores);
        Assert.Equal([0, 0], scores);
    }

    private static Selection Proposals(ProposalOptions options, int[] levels, float[] anchors, float[] logits, int most) =>
        Run(most, room => ProposalSelection.Select(options, levels, anchors, logits, new float[anchors.Length], 40, 50, room.Spans));

    private static Selection Run(int most, Func<Selection, int> select)
    {
        Selection room = new(new float[4 * most], new float[most], new int[most], new int[most]);
        int count = select(room);
        return new(room.Boxes[..(4 * count)], room.Scores[..count], room.Classes[..count], room.Rows[..count]);
    }

    private sealed record Selection(float[] Boxes, float[] Scores, int[] Classes, int[] Rows)
    {
        public SelectedBoxes Spans => new(Boxes, Scores, Classes, Rows);
    }
}
