using Fovea.Detection;
using Fovea.Engine;

namespace Fovea.Tests.Detection;

public sealed class TargetTests
{
    private static readonly float[] _objects = [0, 0, 10, 10, 100, 100, 110, 110, 0, 0, 200, 200];
    private static readonly int[] _classes = [4, 2, -1];
    private static readonly float[] _boxes = [0, 0, 10, 8, 0, 0, 10, 5, 40, 40, 50, 50, 100, 100, 112, 110];

    [Fact]
    public void Anchors_get_the_class_and_the_code_of_their_object()
    {
        AnchorTargetResult targets = Anchors(new(new(0.7f, 0.3f), new BoxCoder()), _objects, _classes);
        Assert.Equal([4, Matcher.Ignored, Matcher.Background, 2], targets.Labels);
        Assert.Equal([1, 0, 1, 1], targets.ScoreWeights);
        Assert.Equal([1, 0, 0, 1], targets.BoxWeights);
        Assert.Equal(new MatchCounts(2, 1), targets.Counts);
        Assert.Equal([0, 0.125f, 0, MathF.Log(10 / 8f), 0, 0, 0, 0, 0, 0, 0, 0], targets.Codes[..12]);
    }

    [Fact]
    public void Anchors_that_are_not_drawn_are_not_learnt_from()
    {
        AnchorTargetResult targets =
            Anchors(new(new(0.7f, 0.3f), new BoxCoder()) { Sampler = new(2, 0.5) }, _objects, _classes);
        Assert.Equal(new MatchCounts(1, 1), targets.Counts);
        Assert.Equal(2, targets.ScoreWeights.Sum());
        Assert.Equal(1, targets.BoxWeights.Sum());
    }

    [Fact]
    public void An_image_without_objects_is_background()
    {
        AnchorTargetResult anchors = Anchors(new(new(0.7f, 0.3f), new BoxCoder()), [], []);
        Assert.Equal([-1, -1, -1, -1], anchors.Labels);
        Assert.Equal(new MatchCounts(0, 4), anchors.Counts);

        RegionTargetResult regions = Regions(Options(10, backgroundFirst: true), [], []);
        Assert.Equal([0, 0, 0, 0], regions.Labels);
    }

    [Fact]
    public void Objects_are_learnt_from_as_regions_behind_the_proposals_or_before_them()
    {
        RegionTargetResult last = Regions(Options(10, backgroundFirst: true), _objects, _classes);
        Assert.Equal([5, 5, 0, 3, 5, 3], last.Labels);
        Assert.Equal([0, 0, -1, 1, 0, 1], last.Objects);
        Assert.Equal([.. _boxes, .. _objects[..8]], last.Boxes);
        Assert.All(last.Codes[16..], number => Assert.Equal(0, number));

        RegionTargetResult first =
            Regions(Options(10, backgroundFirst: false) with { Objects = ObjectBoxes.First }, _objects, _classes);
        Assert.Equal([4, 2, 4, 4, 5, 2], first.Labels);
        Assert.Equal([.. _objects[..8], .. _boxes], first.Boxes);

        RegionTargetResult none =
            Regions(Options(10, backgroundFirst: true) with { Objects = ObjectBoxes.LeftOut }, _objects, _classes);
        Assert.Equal(_boxes, none.Boxes);
    }

    [Fact]
    public void Regions_are_drawn_in_their_order()
    {
        RegionTargetResult regions = Regions(Options(4, backgroundFirst: true), _objects, _classes);
        Assert.Equal(new MatchCounts(3, 1), regions.Counts);
        Assert.Equal(4, regions.Labels.Length);
        Assert.Equal(0, regions.Labels[Array.IndexOf(regions.Objects, -1)]);
    }

    [Fact]
    public void Codes_of_regions_stand_where_their_label_has_its_box()
    {
        float[] perLabel = new float[2 * 3 * 4];
        float[] weights = new float[2 * 3 * 4];
        RegionTargets.SpreadCodes([2, 0], [7, -1], [1, 2, 3, 4, 0, 0, 0, 0], perLabel, weights);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], perLabel[..12]);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], weights[..12]);
        Assert.All(perLabel[12..].Concat(weights[12..]), number => Assert.Equal(0, number));
    }

    private static RegionTargetOptions Options(int samples, bool backgroundFirst) =>
        new(new(0.5f, 0.5f), new(samples, 0.75), new BoxCoder(), new(5, backgroundFirst));

    private static AnchorTargetResult Anchors(AnchorTargetOptions options, float[] objects, int[] classes)
    {
        int count = _boxes.Length / Boxes.Numbers;
        AnchorTargetResult result = new(new int[count], new float[_boxes.Length], new float[count], new float[count], default);
        AnchorTargets targets = new(result.Labels, result.Codes, result.ScoreWeights, result.BoxWeights);
        return result with { Counts = targets.Write(options, _boxes, [], objects, classes, new KeyedRandom(1, 2)) };
    }

    private static RegionTargetResult Regions(RegionTargetOptions options, float[] objects, int[] classes)
    {
        int capacity = options.Sampler.Count;
        RegionTargetResult room = new(new float[4 * capacity], new int[capacity], new int[capacity], new float[4 * capacity], default);
        RegionTargets targets = new(room.Boxes, room.Objects, room.Labels, room.Codes);
        MatchCounts counts = targets.Write(options, _boxes, objects, classes, new KeyedRandom(1, 2));
        int written = counts.Positives + counts.Negatives;
        return new(room.Boxes[..(4 * written)], room.Objects[..written], room.Labels[..written], room.Codes[..(4 * written)], counts);
    }

    private sealed record AnchorTargetResult(int[] Labels, float[] Codes, float[] ScoreWeights, float[] BoxWeights, MatchCounts Counts);

    private sealed record RegionTargetResult(float[] Boxes, int[] Objects, int[] Labels, float[] Codes, MatchCounts Counts);
}
