using CsCheck;
using Fovea.Detection;
using Fovea.Engine;

namespace Fovea.Tests.Detection;

public sealed class MatcherTests
{
    private static readonly float[] _objects = [0, 0, 10, 10, 100, 100, 110, 110];

    [Fact]
    public void A_box_goes_to_the_object_it_overlaps_most_to_background_or_to_neither() =>
        Assert.Equal(
            [0, Matcher.Ignored, Matcher.Background, 1],
            Match(new(0.7f, 0.3f), _objects, [4, 2], [0, 0, 10, 9, 0, 0, 10, 5, 0, 0, 10, 2, 100, 100, 110, 110]));

    [Fact]
    public void A_threshold_is_reached_by_the_nearest_float()
    {
        float[] box = [0, 0, 10, 7];
        Assert.Equal(0.7f, Boxes.Overlap(_objects.AsSpan(0, 4), box));
        Assert.Equal([0], Match(new(0.7f, 0.3f), _objects, [0, 0], box));
    }

    [Fact]
    public void An_object_that_no_box_overlaps_enough_keeps_its_best_ones_where_wished()
    {
        float[] boxes = [0, 0, 10, 4, 0, 0, 10, 2, 0, 0, 10, 4];
        MatcherOptions options = new(0.7f, 0.3f);
        Assert.Equal([-2, -1, -2], Match(options, _objects, [0, 0], boxes));
        Assert.Equal([0, -1, 0], Match(options with { LowQuality = LowQualityMatches.ToTheirBestObject }, _objects, [0, 0], boxes));
        Assert.Equal(
            [-2, -1, -2],
            Match(options with { LowQuality = LowQualityMatches.ToThatObject, LeastQuality = 0.5f }, _objects, [0, 0], boxes));
    }

    [Fact]
    public void A_box_that_is_best_for_one_object_and_closer_to_another_goes_to_the_one_or_the_other()
    {
        float[] objects = [0, 0, 10, 10, 0, 0, 10, 20];
        float[] boxes = [0, 0, 10, 12, 0, 0, 10, 10];
        MatcherOptions options = new(0.9f, 0.3f) { LowQuality = LowQualityMatches.ToTheirBestObject };
        Assert.Equal([0, 0], Match(options, objects, [0, 0], boxes));
        Assert.Equal([1, 0], Match(options with { LowQuality = LowQualityMatches.ToThatObject }, objects, [0, 0], boxes));
    }

    [Fact]
    public void An_object_that_overlaps_nothing_is_matched_only_by_those_who_ask_for_it()
    {
        float[] boxes = [0, 0, 10, 8, 50, 50, 60, 60];
        MatcherOptions options = new(0.9f, 0.85f) { LowQuality = LowQualityMatches.ToTheirBestObject };
        Assert.Equal([0, -1], Match(options, _objects, [0, 0], boxes));
        Assert.Equal([0, 0], Match(options with { MatchesWithoutOverlap = true }, _objects, [0, 0], boxes));
    }

    [Fact]
    public void Objects_without_a_class_and_boxes_that_are_not_valid_take_no_part()
    {
        float[] boxes = [0, 0, 10, 10, 100, 100, 110, 110];
        Assert.Equal([Matcher.Background, 1], Match(new(0.7f, 0.3f), _objects, [-1, 0], boxes));
        int[] matches = new int[2];
        Matcher.Match(new(0.7f, 0.3f), _objects, [0, 0], boxes, [true, false], matches);
        Assert.Equal([0, Matcher.Ignored], matches);
    }

    [Fact]
    public void Without_objects_everything_is_background() => Assert.Equal([-1, -1], Match(new(0.5f, 0.4f), [], [], _objects));

    [Fact]
    public void A_sample_has_the_size_that_was_asked_for_or_everything_there_is() =>
        Gen.Select(Gen.Int[-2, 3].Array[0, 60], Gen.Int[0, 40], Gen.Double[0, 1], Gen.ULong).Sample((matches, size, fraction, seed) =>
        {
            int[] drawn = [.. matches];
            MatchCounts counts = BalancedSampler.Sample(new(size, fraction), drawn, new KeyedRandom(seed, 1));
            int positives = Math.Min(matches.Count(match => match >= 0), (int)(size * fraction));
            int negatives = Math.Min(matches.Count(match => match == -1), size - positives);
            return counts == new MatchCounts(positives, negatives)
                && counts == MatchCounts.Of(drawn)
                && drawn.Zip(matches, (after, before) => after == before || after == Matcher.Ignored).All(same => same);
        });

    [Fact]
    public void Every_box_is_drawn_about_equally_often()
    {
        const int Draws = 4000;
        int[] times = new int[10];
        for (int draw = 0; draw < Draws; draw++)
        {
            int[] matches = Enumerable.Repeat(Matcher.Background, times.Length).ToArray();
            BalancedSampler.Sample(new(3, 0.5), matches, new KeyedRandom(7, (ulong)draw));
            foreach ((int box, int match) in matches.Index())
            {
                times[box] += match == Matcher.Background ? 1 : 0;
            }
        }

        // Five standard deviations of a count of mean 1200.
        Assert.All(times, count => Assert.InRange(count, 1200 - 145, 1200 + 145));
    }

    private static int[] Match(MatcherOptions options, float[] objects, int[] classes, float[] boxes)
    {
        int[] matches = new int[boxes.Length / Boxes.Numbers];
        Matcher.Match(options, objects, classes, boxes, [], matches);
        return matches;
    }
}
