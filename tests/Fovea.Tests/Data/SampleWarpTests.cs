using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Boxes and masks on the way through rotations, shears, moves and mirrored borders.</summary>
public sealed class SampleWarpTests
{
    [Fact]
    public void A_move_carries_boxes_and_mask_along_and_fills_what_is_new()
    {
        using Sample sample = Start(4, 2, new Box(1, 0, 3, 2, 5), new Box(0, 0, 1, 1, 6));
        sample.SetMask(new Image(4, 2, 1, [1, 2, 3, 4, 5, 6, 7, 8]));
        sample.Warp(AffineMap.Translation(1, 0), Interpolation.Nearest, new Rgb(9, 9, 9));
        Assert.Equal([new Box(0, 0, 2, 2, 5)], sample.Instances.Select(one => one.Box));
        Assert.Equal([2, 3, 4, 255, 6, 7, 8, 255], sample.Mask.ToArray());
        Assert.Equal([9, 9, 9], sample.Pixels[9..12].ToArray());
        Assert.Equal(TestData.Pattern(4, 2, 3).Pixels[3..12], sample.Pixels[..9].ToArray());
    }

    [Fact]
    public void A_quarter_turn_turns_boxes_and_mask()
    {
        using Sample sample = Start(3, 3, new Box(0, 0, 2, 1, 5));
        sample.SetMask(new Image(3, 3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9]));
        sample.Warp(AffineMap.Rotation(3, 3, 90), Interpolation.Bilinear);
        Assert.Equal([3, 6, 9, 2, 5, 8, 1, 4, 7], sample.Mask.ToArray());
        Box box = Assert.Single(sample.Instances).Box;
        Assert.Equal([0, 1, 1, 3], new[] { box.Left, box.Top, box.Right, box.Bottom }, (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void A_rotated_box_is_the_smallest_one_around_its_corners()
    {
        using Sample sample = Start(20, 20, new Box(8, 8, 12, 12, 5));
        sample.Warp(AffineMap.Rotation(20, 20, 45), Interpolation.Bicubic);
        Box box = Assert.Single(sample.Instances).Box;
        float reach = 2 * MathF.Sqrt(2);
        Assert.Equal(
            [10 - reach, 10 - reach, 10 + reach, 10 + reach],
            new[] { box.Left, box.Top, box.Right, box.Bottom },
            (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void A_sheared_box_is_cut_at_the_border_and_one_outside_is_removed()
    {
        // Row y moves 2·y columns to the left.
        using Sample sample = Start(10, 4, new Box(4, 0, 8, 4, 1), new Box(0, 2, 3, 4, 2));
        sample.Warp(AffineMap.ShearX(2));
        Assert.Equal([new Box(0, 0, 8, 4, 1)], sample.Instances.Select(one => one.Box));
    }

    [Fact]
    public void A_mirrored_border_mirrors_pixels_and_mask_and_keeps_boxes_as_they_are()
    {
        using Sample sample = Start(3, 2, new Box(0, 0, 2, 2, 1));
        sample.SetMask(new Image(3, 2, 1, [1, 2, 3, 4, 5, 6]));
        sample.Crop(-2, -1, 7, 4, BorderMode.Reflect);
        Assert.Equal([6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1, 6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1], sample.Mask.ToArray());
        Assert.Equal([new Box(2, 1, 4, 3, 1)], sample.Instances.Select(one => one.Box));
    }

    [Fact]
    public void A_padding_crop_with_a_mirrored_border_has_no_black()
    {
        Image white = new(6, 5, 3, [.. Enumerable.Repeat(byte.MaxValue, 90)]);
        using Sample sample = new();
        foreach (BorderMode border in Enum.GetValues<BorderMode>())
        {
            int black = 0;
            for (ulong index = 0; index < 50; index++)
            {
                KeyedRandom random = new(1, 0, index);
                sample.Start(white);
                new PaddingCrop(4, border).Apply(sample, ref random);
                black += sample.Pixels.Contains((byte)0) ? 1 : 0;
            }

            Assert.Equal(border == BorderMode.Black, black > 0);
        }
    }

    [Fact]
    public void Changes_of_colour_leave_boxes_and_mask_as_they_are()
    {
        using Sample sample = Start(6, 5, new Box(1, 1, 3, 3, 1));
        sample.SetMask(TestData.Pattern(6, 5, 1));
        KeyedRandom random = new(1, 2, 3);
        new ColorJitter { Brightness = 0.5, Contrast = 0.5, Saturation = 0.5, Hue = 0.2 }.Apply(sample, ref random);
        new ThreeAugment().Apply(sample, ref random);
        Assert.Equal([new Box(1, 1, 3, 3, 1)], sample.Instances.Select(one => one.Box));
        Assert.Equal(TestData.Pattern(6, 5, 1).Pixels, sample.Mask.ToArray());
    }

    private static Sample Start(int width, int height, params Box[] boxes)
    {
        Sample sample = new();
        sample.Start(TestData.Pattern(width, height, 3));
        foreach (Box box in boxes)
        {
            sample.Instances.Add(new Instance(box));
        }

        return sample;
    }
}
