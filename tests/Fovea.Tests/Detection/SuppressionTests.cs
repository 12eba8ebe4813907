using CsCheck;
using Fovea.Detection;

namespace Fovea.Tests.Detection;

public sealed class SuppressionTests
{
    private static readonly Gen<(float[] Boxes, int Seed, double Threshold)> _case =
        Gen.Select(TestBoxes.Many, Gen.Int[0, 1000], Gen.Double[0, 1]);

    [Fact]
    public void No_two_boxes_of_a_class_that_stay_overlap_more_than_the_threshold_and_each_that_goes_overlaps_a_better_one() =>
        _case.Sample((boxes, seed, threshold) =>
        {
            float[] scores = TestBoxes.Scores(TestBoxes.CountOf(boxes), seed);
            int[] classes = TestBoxes.Classes(scores.Length, 3);
            int[] kept = Select(new(threshold), boxes, scores, classes);
            int[] ranked = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i])];
            return ranked.All(box => kept.Contains(box) != ranked.TakeWhile(better => better != box).Any(better =>
                kept.Contains(better)
                && classes[better] == classes[box]
                && Boxes.Overlap(Boxes.At(boxes, better), Boxes.At(boxes, box)) > threshold));
        });

    [Fact]
    public void Boxes_stay_in_descending_order_of_score_and_equal_ones_in_their_own() =>
        _case.Sample((boxes, seed, threshold) =>
        {
            float[] scores = TestBoxes.Scores(TestBoxes.CountOf(boxes), seed);
            int[] kept = Select(new(threshold), boxes, scores, TestBoxes.Classes(scores.Length, 2));
            return kept.SequenceEqual(kept.Order().OrderByDescending(i => scores[i]));
        });

    [Fact]
    public void Classes_kept_apart_by_coordinates_are_those_kept_apart_by_name_where_no_coordinate_is_negative() =>
        _case.Sample((boxes, seed, threshold) =>
        {
            // Whole numbers are moved without rounding.
            float[] whole = [.. boxes.Select(edge => MathF.Floor(edge + 20))];
            float[] scores = TestBoxes.Scores(TestBoxes.CountOf(boxes), seed);
            int[] classes = TestBoxes.Classes(scores.Length, 3);
            return Select(new(threshold), whole, scores, classes)
                .SequenceEqual(Select(new(threshold) { OffsetUpTo = 1000 }, whole, scores, classes));
        });

    [Fact]
    public void The_threshold_is_a_double_and_the_overlap_a_float()
    {
        float[] boxes = [0, 0, 10, 10, 0, 0, 10, 3];
        float overlap = Boxes.Overlap(Boxes.At(boxes, 0), Boxes.At(boxes, 1));
        Assert.Equal(0.3f, overlap);

        // 0.3 as a float is a little more than 0.3 as a double.
        Assert.Equal([0], Select(new(0.3), boxes, [1, 0.5f], []));
        Assert.Equal([0, 1], Select(new(0.3f), boxes, [1, 0.5f], []));
    }

    [Fact]
    public void No_more_boxes_are_written_than_there_is_room_for()
    {
        int[] kept = new int[2];
        Assert.Equal(2, NonMaximumSuppression.Select(new(0.5), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], [0.1f, 0.3f, 0.2f], [], kept));
        Assert.Equal([1, 2], kept);
        Assert.Equal(0, NonMaximumSuppression.Select(new(0.5), [], [], [], kept));
    }

    [Fact]
    public void The_best_scores_are_those_of_a_stable_sort() =>
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 30], Gen.Int[0, 1000]).Sample((count, wanted, seed) =>
        {
            float[] scores = [.. TestBoxes.Scores(count, seed).Select(score => score - 0.5f)];
            TopScores best = new(wanted);
            best.Offer(scores);
            int[] got = new int[best.Finish()];
            for (int rank = 0; rank < got.Length; rank++)
            {
                got[rank] = best[rank];
            }

            best.Return();
            return got.SequenceEqual(Enumerable.Range(0, count).OrderByDescending(i => scores[i]).Take(wanted));
        });

    private static int[] Select(SuppressionOptions options, float[] boxes, float[] scores, int[] classes)
    {
        int[] kept = new int[scores.Length];
        return kept[..NonMaximumSuppression.Select(options, boxes, scores, classes, kept)];
    }
}
