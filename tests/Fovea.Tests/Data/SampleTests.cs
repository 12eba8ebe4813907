using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

public sealed class SampleTests
{
    [Fact]
    public void A_crop_clips_boxes_at_its_border_and_removes_those_outside()
    {
        using Sample sample = Start(10, 8, new Box(0, 0, 4, 4, 1), new Box(3, 2, 9, 7, 2), new Box(8, 6, 10, 8, 3), new Box(2, 1, 7, 6, 4));
        sample.Crop(2, 1, 5, 5);
        Assert.Equal([new Box(0, 0, 2, 3, 1), new Box(1, 1, 5, 5, 2), new Box(0, 0, 5, 5, 4)], sample.Instances.Select(one => one.Box));
        Assert.Equal((5, 5), (sample.Width, sample.Height));
    }

    [Fact]
    public void A_crop_beyond_the_image_moves_boxes_and_fills_the_mask_with_the_outside_class()
    {
        using Sample sample = Start(3, 2, new Box(0.5f, 0, 3, 1.5f, 1));
        sample.SetMask(new Image(3, 2, 1, [1, 2, 3, 4, 5, 6]));
        sample.Crop(-1, 1, 3, 2);
        Assert.Equal([new Box(1.5f, 0, 3, 0.5f, 1)], sample.Instances.Select(one => one.Box));
        Assert.Equal([255, 4, 5, 255, 255, 255], sample.Mask.ToArray());
    }

    [Fact]
    public void A_flip_mirrors_image_boxes_and_mask_and_twice_gives_the_first_again()
    {
        using Sample sample = Start(10, 4, new Box(1, 0, 4, 3, 5));
        sample.SetMask(TestData.Pattern(10, 4, 1));
        byte[] pixels = sample.Pixels.ToArray();
        sample.FlipHorizontal();
        Assert.Equal([new Box(6, 0, 9, 3, 5)], sample.Instances.Select(one => one.Box));
        Assert.Equal(Transforms.FlipHorizontal(TestData.Pattern(10, 4, 1)).Pixels, sample.Mask.ToArray());
        Assert.NotEqual(pixels, sample.Pixels.ToArray());
        sample.FlipHorizontal();
        Assert.Equal([new Box(1, 0, 4, 3, 5)], sample.Instances.Select(one => one.Box));
        Assert.Equal(pixels, sample.Pixels.ToArray());
    }

    [Fact]
    public void A_resize_stretches_boxes_and_takes_the_nearest_class_of_a_mask()
    {
        using Sample sample = Start(4, 2, new Box(1, 0.5f, 3, 2, 1));
        sample.SetMask(new Image(4, 2, 1, [1, 2, 3, 4, 5, 6, 7, 8]));
        sample.Resize(8, 1);
        Assert.Equal([new Box(2, 0.25f, 6, 1, 1)], sample.Instances.Select(one => one.Box));
        Assert.Equal([5, 5, 6, 6, 7, 7, 8, 8], sample.Mask.ToArray());
    }

    [Fact]
    public void A_mask_of_another_size_is_refused()
    {
        using Sample sample = Start(4, 2);
        ArgumentException error = Assert.Throws<ArgumentException>(() => sample.SetMask(new Image(2, 4, 1, new byte[8])));
        Assert.Contains("4×2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pixels_that_are_written_to_are_a_copy_of_the_source_image()
    {
        Image image = TestData.Pattern(5, 4, 3);
        byte[] before = [.. image.Pixels];
        using Sample sample = new();
        sample.Start(image);
        sample.WritablePixels().Fill(7);
        Assert.Equal(before, image.Pixels);
        Assert.All(sample.Pixels.ToArray(), value => Assert.Equal(7, value));
        sample.Start(image);
        Assert.Equal(before, sample.Pixels.ToArray());
    }

    [Fact]
    public void A_new_start_forgets_the_target_of_the_image_before()
    {
        using Sample sample = Start(4, 2, new Box(1, 0, 3, 2, 1));
        sample.SetMask(new Image(4, 2, 1, new byte[8]));
        sample.SetDistribution([0.5f, 0.5f]);
        sample.Label = 3;
        sample.Start(TestData.Pattern(2, 2, 3), 9);
        Assert.Equal((-1, 9), (sample.Label, sample.Index));
        Assert.Equal((0, 0, 0), (sample.Instances.Count, sample.Mask.Length, sample.Distribution.Length));
    }

    [Fact]
    public void Transforms_of_pixels_after_normalisation_are_refused_with_a_sentence()
    {
        Preprocessing input = new() { Height = 4, Width = 4, Resize = ResizeRule.Exact };
        KeyedRandom random = new(1, 2, 3);
        using Sample sample = Start(4, 4);
        Assert.Throws<InvalidOperationException>(() => new RandomErasing(1).Apply(sample, ref random));
        new Normalize(input).Apply(sample, ref random);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(sample.FlipHorizontal);
        Assert.Contains("before Normalize", error.Message, StringComparison.Ordinal);
        Assert.Equal((4, 4, 3, 48), (sample.Width, sample.Height, sample.Channels, sample.Values.Length));
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
