using CsCheck;
using Fovea.Detection;

namespace Fovea.Tests.Detection;

public sealed class BoxTests
{
    [Fact]
    public void Overlap_is_the_intersection_over_the_union()
    {
        Assert.Equal(0.5f, Boxes.Overlap([0, 0, 10, 10], [0, 0, 10, 5]));
        Assert.Equal(1, Boxes.Overlap([3, 3, 7, 9], [3, 3, 7, 9]));
        Assert.Equal(0, Boxes.Overlap([0, 0, 10, 10], [10, 0, 20, 10]));
    }

    [Fact]
    public void Boxes_without_extent_overlap_nothing_not_even_themselves() => Assert.Equal(0, Boxes.Overlap([5, 5, 5, 9], [5, 5, 5, 9]));

    [Fact]
    public void Many_overlaps_at_a_time_have_the_bits_of_one_at_a_time() =>
        Gen.Select(TestBoxes.Box, TestBoxes.Many).Sample((box, boxes) =>
        {
            float[] overlaps = new float[boxes.Length / Boxes.Numbers];
            using BoxColumns columns = new(boxes);
            columns.Overlaps(box, overlaps);
            return overlaps.Index().All(overlap => overlap.Item == Boxes.Overlap(box, Boxes.At(boxes, overlap.Index)));
        });

    [Fact]
    public void Clipped_boxes_lie_in_the_image() =>
        TestBoxes.Many.Sample(boxes =>
        {
            Boxes.Clip(boxes, 40, 60);
            return boxes.Index().All(edge => edge.Item >= 0 && edge.Item <= (edge.Index % 2 == 0 ? 60 : 40));
        });

    [Fact]
    public void Decoding_undoes_encoding() =>
        Gen.Select(TestBoxes.Box, TestBoxes.Box).Sample((reference, box) =>
        {
            BoxCoder coder = new() { Weights = new(10, 10, 5, 5) };
            float[] code = new float[Boxes.Numbers];
            float[] decoded = new float[Boxes.Numbers];
            coder.Encode(reference, box, code);
            coder.Decode(reference, code, decoded);
            return decoded.Zip(box, (got, want) => Math.Abs(got - want)).All(difference => difference < 2e-3);
        });

    [Fact]
    public void A_code_of_a_huge_box_is_cut_and_one_of_a_tiny_box_only_where_wished()
    {
        float[] box = new float[Boxes.Numbers];
        new BoxCoder().Decode([0, 0, 16, 16], [0, 0, 30, -30], box);
        Assert.Equal(1000, box[2] - box[0], 0.01);
        Assert.True(box[3] - box[1] < 1e-6);

        new BoxCoder { BoundedBelow = true }.Decode([0, 0, 16, 16], [0, 0, 30, -30], box);
        Assert.Equal(16 * 16 / 1000.0, box[3] - box[1], 1e-4);
    }

    [Fact]
    public void Anchors_of_a_level_without_stride_fit_the_image_and_others_say_which_are_inside()
    {
        AnchorGenerator generator = new([new([8], [1]) { BaseSize = 4, Stride = 4 }], rounded: false);
        float[] anchors = new float[2 * 3 * Boxes.Numbers];
        bool[] valid = new bool[2 * 3];
        generator.Write(0, 2, 3, 0, 0, anchors);
        generator.WriteValid(0, 2, 3, 4, 9, valid);
        Assert.Equal([-8, -12, 24, 20], anchors[^4..]);
        Assert.Equal([true, true, true, false, false, false], valid);
    }

    [Fact]
    public void Mmdetections_level_is_that_of_torchvision_away_from_the_borders()
    {
        LevelMapper torchvision = new(2, 5);
        LevelMapper mmdetection = LevelMapper.Mmdetection(2, 5);
        foreach (float side in new float[] { 0, 5, 60, 111, 112, 223, 224, 300, 448, 2000 })
        {
            Assert.Equal(torchvision.IndexOf([0, 0, side, side]), mmdetection.IndexOf([0, 0, side, side]));
        }
    }
}
