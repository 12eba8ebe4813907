using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

public sealed class ObjectTransformTests
{
    [Theory]
    [InlineData(640, 480, 800, 1333, 1066, 800)]
    [InlineData(480, 640, 800, 1333, 800, 1066)]
    [InlineData(1000, 300, 800, 1333, 1333, 399)]
    [InlineData(333, 500, 800, 1333, 799, 1201)]
    [InlineData(500, 375, 600, 1000, 800, 600)]
    public void A_short_side_is_reached_unless_the_long_side_would_be_too_long(
        int width, int height, int shortSide, int longSide, int newWidth, int newHeight) =>
        Assert.Equal(new ImageSize(newWidth, newHeight), ShortSideResize.SizeOf(new ImageSize(width, height), shortSide, longSide));

    [Fact]
    public void Each_short_side_of_a_list_is_drawn()
    {
        HashSet<int> heights = [];
        for (ulong index = 0; index < 40; index++)
        {
            using Sample sample = Start();
            KeyedRandom random = new(1, 2, index);
            new ShortSideResize([10, 20, 30]).Apply(sample, ref random);
            heights.Add(sample.Height);
        }

        Assert.Equal([10, 20, 30], heights.Order());
    }

    [Fact]
    public void A_crop_keeps_the_objects_whose_centre_is_inside_with_their_masks()
    {
        for (ulong index = 0; index < 100; index++)
        {
            using Sample sample = Start();
            KeyedRandom random = new(1, 2, index);
            new ObjectCrop(12, 25).Apply(sample, ref random);
            Assert.InRange(sample.Width, 12, 25);
            Assert.InRange(sample.Height, 12, 25);
            AssertMasksFit(sample);
        }
    }

    [Fact]
    public void Objects_with_their_centre_outside_of_a_window_go()
    {
        using Sample sample = Start();
        ObjectCrop.Cut(sample, 0, 0, 9, 30);
        Assert.Equal(new Box(2, 4, 9, 14, 0), Assert.Single(sample.Instances).Box);
        Assert.Equal(new CocoBox(2, 4, 7, 10), sample.Instances[0].Mask!.Bounds);
    }

    [Fact]
    public void Scale_jitter_gives_a_square_of_its_side_at_every_scale()
    {
        HashSet<int> counts = [];
        for (ulong index = 0; index < 100; index++)
        {
            using Sample sample = Start();
            KeyedRandom random = new(1, 2, index);
            new ScaleJitter(32).Apply(sample, ref random);
            Assert.Equal((32, 32), (sample.Width, sample.Height));
            counts.Add(sample.Instances.Count);
            foreach (Instance one in sample.Instances)
            {
                Assert.True(one.Box.Right - one.Box.Left >= 1 && one.Box.Bottom - one.Box.Top >= 1);
            }
        }

        Assert.Contains(2, counts);
    }

    [Fact]
    public void The_policy_of_detr_takes_both_ways_and_ends_at_the_last_size()
    {
        ResizeOrCrop policy =
            new(new ShortSideResize([24], 100)) { First = new ShortSideResize([30], 1000), Crop = new ObjectCrop(15, 20) };
        HashSet<bool> whole = [];
        for (ulong index = 0; index < 40; index++)
        {
            using Sample sample = Start();
            KeyedRandom random = new(1, 2, index);
            policy.Apply(sample, ref random);
            Assert.Equal(24, Math.Min(sample.Width, sample.Height));
            whole.Add(sample.Width == 32);
        }

        Assert.Equal(2, whole.Count);
    }

    [Fact]
    public void A_mosaic_holds_four_images_with_their_objects_around_a_point()
    {
        for (ulong index = 0; index < 20; index++)
        {
            using Sample sample = Start();
            KeyedRandom random = new(1, 2, index);
            new Mosaic(new OneImage(), 40).Apply(sample, ref random);
            Assert.Equal((80, 80, 3), (sample.Width, sample.Height, sample.Channels));
            Assert.InRange(sample.Instances.Count, 2, 8);
            AssertMasksFit(sample);
            foreach (Instance one in sample.Instances.Where(one => one.Box.Label == 2))
            {
                // The other image is white where its object lies.
                Assert.Equal(255, sample.Pixels[((((int)one.Box.Top * 80) + (int)one.Box.Left) * 3) + 1]);
            }
        }
    }

    [Fact]
    public void Distorted_colours_follow_from_the_draws_and_leave_objects_and_grey_images_whole()
    {
        PhotometricDistortion distortion = new();
        HashSet<string> seen = [];
        for (ulong index = 0; index < 20; index++)
        {
            using Sample first = Start();
            using Sample second = Start();
            KeyedRandom random = new(1, 2, index);
            KeyedRandom again = new(1, 2, index);
            distortion.Apply(first, ref random);
            distortion.Apply(second, ref again);
            Assert.Equal(first.Pixels.ToArray(), second.Pixels.ToArray());
            Assert.Equal(2, first.Instances.Count);
            seen.Add(TestData.Digest(first.Pixels.ToArray()));
        }

        Assert.True(seen.Count > 10);
        using Sample grey = new();
        grey.Start(TestData.Pattern(8, 8, 1));
        KeyedRandom draws = new(1, 2, 3);
        distortion.Apply(grey, ref draws);
        Assert.Equal(64, grey.Pixels.Length / grey.Channels);
    }

    /// <summary>A grey set of one image, white where its object lies.</summary>
    private sealed class OneImage : IInstanceDataset
    {
        public int Count => 1;

        public IReadOnlyList<string> Classes => ["a", "b", "c"];

        public bool HasMasks => true;

        public string NameOf(int index) => "one";

        public ImageSize SizeOf(int index) => new(40, 30);

        public IReadOnlyList<Instance> InstancesOf(int index) => [Object(10, 10, 20, 20, 2)];

        public Image Load(int index)
        {
            byte[] pixels = new byte[40 * 30];
            InstancesOf(0)[0].Mask!.CopyTo(pixels);
            return new Image(40, 30, 1, [.. pixels.Select(pixel => (byte)(255 * pixel))]);
        }
    }

    private static void AssertMasksFit(Sample sample)
    {
        foreach (Instance one in sample.Instances)
        {
            CocoBox bounds = one.Mask!.Bounds;
            Assert.Equal((sample.Width, sample.Height), (one.Mask.Width, one.Mask.Height));
            Assert.Equal(
                (one.Box.Left, one.Box.Top, one.Box.Right, one.Box.Bottom),
                ((float)bounds.X, (float)bounds.Y, (float)(bounds.X + bounds.Width), (float)(bounds.Y + bounds.Height)));
        }
    }

    /// <summary>An image of 40×30 pixels with two objects that fill their boxes.</summary>
    private static Sample Start()
    {
        Sample sample = new();
        sample.Start(TestData.Pattern(40, 30, 3));
        sample.Instances.Add(Object(2, 4, 12, 14, 0));
        sample.Instances.Add(Object(20, 10, 36, 28, 1));
        return sample;
    }

    private static Instance Object(int left, int top, int right, int bottom, int label) => new(
        new Box(left, top, right, bottom, label),
        RunLengthMask.FromRectangle(30, 40, new CocoBox(left, top, right - left, bottom - top)));
}
