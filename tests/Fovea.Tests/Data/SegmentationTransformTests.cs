using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

public sealed class SegmentationTransformTests
{
    private static readonly Preprocessing _input = new()
    {
        Height = 16,
        Width = 24,
        Resize = ResizeRule.BoundedSides,
        ResizeTo = 20,
        LongerSide = 40,
        CenterCrop = false,
        Interpolation = Interpolation.Bilinear,
    };

    [Fact]
    public void Scales_fill_their_range_and_keep_the_proportions_unless_they_may_be_stretched()
    {
        List<int> heights = [];
        List<double> proportions = [];
        for (ulong index = 0; index < 200; index++)
        {
            using Sample sample = Halves(40, 20);
            KeyedRandom random = new(1, 2, index);
            new RandomScale(_input) { MinScale = 0.5, MaxScale = 2 }.Apply(sample, ref random);
            Assert.Equal(2, (double)sample.Width / sample.Height, 0.11);
            Assert.Equal(sample.Width * sample.Height, sample.Mask.Length);
            heights.Add(sample.Height);

            using Sample stretched = Halves(40, 20);
            random = new(1, 2, index);
            new RandomScale(_input) { MinScale = 2, MaxScale = 2, Stretch = 1.5 }.Apply(stretched, ref random);
            proportions.Add((double)stretched.Width / stretched.Height);
        }

        Assert.Equal((10, 40), (heights.Min(), heights.Max()));
        Assert.InRange(proportions.Min(), 2 / 1.55, 2 / 1.4);
        Assert.InRange(proportions.Max(), 2 * 1.4, 2 * 1.55);
    }

    [Fact]
    public void A_window_has_two_classes_none_of_which_fills_it_where_such_windows_are_many()
    {
        int rejected = 0;
        for (ulong index = 0; index < 200; index++)
        {
            using Sample sample = Halves(48, 20);
            KeyedRandom random = new(1, 2, index);
            new LabelledCrop(24, 16).Apply(sample, ref random);
            Assert.Equal((24, 16), (sample.Width, sample.Height));
            double share = Share(sample);
            rejected += share is < 0.75 and > 0.25 ? 0 : 1;

            using Sample free = Halves(48, 20);
            random = new(1, 2, index);
            new LabelledCrop(24, 16) { MaxClassShare = 1 }.Apply(free, ref random);
            Assert.Equal(16 * 24, free.Mask.Length);
        }

        // Half of the windows are mixed enough: ten draws fail once in two thousand times.
        Assert.InRange(rejected, 0, 2);
    }

    [Fact]
    public void A_window_that_cannot_be_mixed_is_taken_after_ten_tries_and_pixels_left_out_do_not_count()
    {
        using Sample sample = Start(30, 20, (_, _) => 1);
        KeyedRandom random = new(1, 2, 3);
        new LabelledCrop(24, 16).Apply(sample, ref random);
        Assert.All(sample.Mask.ToArray(), label => Assert.Equal(1, label));

        // A class on the left, another on the right, and nothing between: every window that shows both is mixed.
        for (ulong index = 0; index < 50; index++)
        {
            using Sample gap = Start(30, 20, (x, _) => (byte)(x < 4 ? 0 : x >= 26 ? 1 : 255));
            random = new(1, 2, index);
            new LabelledCrop(28, 16) { Tries = 100 }.Apply(gap, ref random);
            Assert.Equal("0 1 255", string.Join(" ", gap.Mask.ToArray().Distinct().Order()));
        }
    }

    [Fact]
    public void An_image_smaller_than_the_window_fills_the_upper_left_of_the_batch_and_the_rest_is_left_out()
    {
        SegmentationAugmentation augmentation = new() { MinScale = 0.5, MaxScale = 0.5, FlipProbability = 1 };
        using Sample sample = Halves(20, 40);
        KeyedRandom random = new(1, 2, 3);
        foreach (ISampleTransform transform in augmentation.Chain(_input))
        {
            transform.Apply(sample, ref random);
        }

        SegmentationLayout layout = new(_input);
        Batch batch = new(2, layout.Fields);
        layout.Write(sample, batch, 1);
        ReadOnlySpan<int> labels = batch[Batch.LabelsName].IntegerRow(1);
        ReadOnlySpan<float> values = batch[Batch.ImagesName].FloatRow(1);
        for (int y = 0; y < 16; y++)
        {
            for (int x = 0; x < 24; x++)
            {
                // The image is 10×20 now, cut to 10×16, and mirrored.
                Assert.Equal(x >= 10 ? -1 : x < 5 ? 1 : 0, labels[(y * 24) + x]);
                Assert.Equal(x >= 10, values[((y * 24) + x) * 3] == 0);
            }
        }

        Assert.All(batch[Batch.LabelsName].IntegerRow(0).ToArray(), label => Assert.Equal(-1, label));
    }

    [Fact]
    public void Draws_depend_on_their_key_alone_and_labels_stay_with_their_pixels()
    {
        SegmentationAugmentation augmentation = new()
        {
            Stretch = 1.3,
            PhotometricDistortion = new PhotometricDistortion { ExchangesChannels = false, Hue = 0, Saturation = 0, Contrast = 0 },
        };
        for (ulong index = 0; index < 30; index++)
        {
            using Sample one = Draw(augmentation, index);
            using Sample other = Draw(augmentation, index);
            Assert.Equal(one.Mask.ToArray(), other.Mask.ToArray());
            Assert.Equal(one.Values.ToArray(), other.Values.ToArray());

            // The right half is bright: the network's number tells the class but near the border.
            int right = Enumerable.Range(0, one.Mask.Length).Count(i => one.Mask[i] == 1 == one.Values[3 * i] > 0.2);
            Assert.True(right >= 0.9 * one.Mask.Length, $"{right} of {one.Mask.Length} pixels agree.");
        }
    }

    [Fact]
    public void Quarter_turns_come_equally_often_and_take_objects_and_labels_along()
    {
        Dictionary<string, int> turns = [];
        for (ulong index = 0; index < 400; index++)
        {
            using Sample sample = Start(4, 2, (x, y) => (byte)(x == 0 && y == 0 ? 1 : 0));
            sample.Instances.Add(new Instance(new Box(0, 0, 1, 1, 0)));
            KeyedRandom random = new(7, 8, index);
            new QuarterTurn().Apply(sample, ref random);
            int corner = sample.Mask.IndexOf((byte)1);
            Box box = sample.Instances[0].Box;
            Assert.Equal(220, sample.Pixels[3 * corner]);
            Assert.Equal((corner % sample.Width, corner / sample.Width), ((int)box.Left, (int)box.Top));
            string turn = $"{sample.Width}x{sample.Height} {box.Left},{box.Top}";
            turns[turn] = turns.GetValueOrDefault(turn) + 1;
        }

        Assert.Equal(["2x4 0,3", "2x4 1,0", "4x2 0,0", "4x2 3,1"], turns.Keys.Order());
        Assert.All(turns.Values, count => Assert.InRange(count, 70, 130));
    }

    private static Sample Draw(SegmentationAugmentation augmentation, ulong index)
    {
        Sample sample = Halves(40, 30);
        KeyedRandom random = new(5, 6, index);
        foreach (ISampleTransform transform in augmentation.Chain(_input))
        {
            transform.Apply(sample, ref random);
        }

        return sample;
    }

    private static double Share(Sample sample) => sample.Mask.ToArray().Average(label => (double)label);

    /// <summary>An image that is dark and of class 0 on the left, bright and of class 1 on the right.</summary>
    private static Sample Halves(int width, int height) => Start(width, height, (x, _) => (byte)(2 * x < width ? 0 : 1));

    private static Sample Start(int width, int height, Func<int, int, byte> label)
    {
        byte[] labels = [.. Enumerable.Range(0, width * height).Select(i => label(i % width, i / width))];
        Sample sample = new();
        sample.Start(new Image(width, height, 3, [.. labels.SelectMany(one => Enumerable.Repeat((byte)(one == 1 ? 220 : 60), 3))]));
        sample.SetMask(new Image(width, height, 1, labels));
        return sample;
    }
}
