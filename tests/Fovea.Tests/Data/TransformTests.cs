using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

public sealed class TransformTests
{
    private static readonly Preprocessing _plain = new()
    {
        Height = 2,
        Width = 3,
        Channels = 1,
        Resize = ResizeRule.None,
        Mean = [0.5f],
        StandardDeviation = [0.25f],
    };

    [Theory]
    [InlineData(5, 4, 3, 2, 1, 1)]
    [InlineData(6, 5, 3, 2, 2, 2)]
    [InlineData(8, 7, 3, 2, 2, 2)]
    public void A_centre_crop_lies_where_torchvision_puts_it(int width, int height, int cropWidth, int cropHeight, int left, int top)
    {
        Image image = TestData.Pattern(width, height, 3);
        Assert.Equal(
            Transforms.Crop(image, left, top, cropWidth, cropHeight).Pixels,
            Transforms.CenterCrop(image, cropWidth, cropHeight).Pixels);
    }

    [Fact]
    public void A_window_beyond_the_image_is_black_there()
    {
        Image cropped = Transforms.Crop(new Image(2, 2, 1, [1, 2, 3, 4]), -1, 1, 4, 3);
        Assert.Equal([0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0], cropped.Pixels);
        Assert.Equal([0, 0, 0, 0], Transforms.Crop(new Image(2, 2, 1, [1, 2, 3, 4]), 5, 9, 2, 2).Pixels);
    }

    [Fact]
    public void A_flip_mirrors_pixels_and_keeps_channels()
    {
        Assert.Equal([4, 5, 6, 1, 2, 3], Transforms.FlipHorizontal(new Image(2, 1, 3, [1, 2, 3, 4, 5, 6])).Pixels);
        Image image = TestData.Pattern(7, 5, 3);
        Assert.Equal(image.Pixels, Transforms.FlipHorizontal(Transforms.FlipHorizontal(image)).Pixels);
    }

    [Fact]
    public void Normalisation_is_value_over_255_less_mean_over_deviation()
    {
        float[] result = new float[6];
        _plain.Apply(new Image(3, 2, 1, [0, 51, 102, 153, 204, 255]), result);
        Assert.Equal([-2f, -1.2f, -0.4f, 0.4f, 1.2f, 2f], result, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Grey_images_are_repeated_for_three_channels()
    {
        Preprocessing colour = new()
        {
            Height = 1,
            Width = 2,
            Resize = ResizeRule.None,
            Mean = [0, 0.1f, 0.2f],
            StandardDeviation = [1, 2, 4],
        };
        float[] result = new float[6];
        colour.Apply(new Image(2, 1, 1, [0, 255]), result);
        Assert.Equal([0, -0.05f, -0.05f, 1, 0.45f, 0.2f], result, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void The_shorter_side_is_resized_and_the_middle_cut_out()
    {
        Preprocessing preprocessing = new() { Height = 8, Width = 8, ResizeTo = 10, Interpolation = Interpolation.Bilinear };
        Image image = TestData.Pattern(31, 20, 3);
        Image expected = Transforms.CenterCrop(Transforms.Resize(image, 15, 10), 8, 8);
        Assert.Equal(expected.Pixels, preprocessing.View(image).Pixels);
    }

    [Fact]
    public void A_size_that_nothing_may_change_is_an_error_that_names_both_sizes()
    {
        Preprocessing strict = _plain with { CenterCrop = false };
        UnusableDataException error = Assert.Throws<UnusableDataException>(() => strict.Apply(TestData.Pattern(5, 4, 1), new float[6]));
        Assert.Contains("5×4", error.Message, StringComparison.Ordinal);
        Assert.Contains("3×2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_too_narrow_to_resize_is_an_error()
    {
        Preprocessing preprocessing = new();
        Assert.Throws<UnusableDataException>(
            () => preprocessing.Apply(new Image(1, 30000, 1, new byte[30000]), new float[preprocessing.Length]));
    }

    [Fact]
    public void Preprocessing_survives_json_and_a_changed_copy_normalises_anew()
    {
        Preprocessing before = _plain with { Resize = ResizeRule.Exact, Interpolation = Interpolation.Bilinear, Mean = [0.1f] };
        Preprocessing after = Preprocessing.FromJson(before.ToJson());
        Assert.Equal(before, after);
        Assert.NotEqual(_plain, after);
        Image image = new(3, 2, 1, [0, 0, 0, 0, 0, 0]);
        (float[]? first, float[]? second) = (new float[6], new float[6]);
        _plain.Apply(image, first);
        (_plain with { Mean = [0f] }).Apply(image, second);
        Assert.Equal((-2f, 0f), (first[0], second[0]));
    }

    [Theory]
    [InlineData("{\"channels\": 2}", "channels")]
    [InlineData("{\"mean\": [0.5]}", "mean")]
    [InlineData("{\"resize\": \"sideways\"}", "resize")]
    [InlineData("{\"colour\": 1}", "colour")]
    [InlineData("{", "preprocessing")]
    public void Json_that_makes_no_sense_is_an_error_that_names_the_member(string json, string member) =>
        Assert.Contains(
            member,
            Assert.Throws<UnusableDataException>(() => Preprocessing.FromJson(json)).Message,
            StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Augmentation_depends_on_seed_epoch_and_index_only()
    {
        Augmentation augmentation = new() { CropPadding = 2, ErasingProbability = 0.5 };
        Preprocessing preprocessing = _plain with { Height = 12, Width = 14 };
        Image image = TestData.Pattern(14, 12, 1);
        float[] Draw(ulong seed, ulong epoch, ulong index)
        {
            float[] result = new float[preprocessing.Length];
            KeyedRandom random = new(seed, epoch, index);
            augmentation.Apply(image, preprocessing, ref random, result);
            return result;
        }

        Assert.Equal(Draw(1, 2, 3), Draw(1, 2, 3));
        Assert.True(Enumerable.Range(0, 20).Select(i => Draw(1, 2, (ulong)i).Sum()).Distinct().Count() > 10);
        Assert.True(Enumerable.Range(0, 20).Select(i => Draw(1, (ulong)i, 2).Sum()).Distinct().Count() > 10);
        Assert.True(Enumerable.Range(0, 20).Select(i => Draw((ulong)i, 1, 2).Sum()).Distinct().Count() > 10);
    }

    [Fact]
    public void Random_windows_lie_in_the_image_and_keep_their_ranges()
    {
        RandomResizedCrop options = new(_plain);
        KeyedRandom random = new(1, 1, 1);
        for (int i = 0; i < 2000; i++)
        {
            (int width, int height) = (1 + random.NextInt32(90), 1 + random.NextInt32(90));
            RandomCrop window = RandomCrop.Choose(width, height, options, ref random);
            Assert.InRange(window.Left, 0, width - window.Width);
            Assert.InRange(window.Top, 0, height - window.Height);
            Assert.True(window.Width > 0 && window.Height > 0);
            if (width > 40 && height > 40)
            {
                Assert.InRange((double)window.Width / window.Height, 0.65, 1.55);
            }

            if (RandomCrop.ChooseErased(width, height, new RandomErasing(), 1, ref random) is { } erased)
            {
                Assert.InRange(erased.Left, 0, width - erased.Width);
                Assert.InRange(erased.Top, 0, height - erased.Height);
            }
        }
    }

    [Fact]
    public void Without_chance_augmentation_equals_preprocessing()
    {
        Augmentation augmentation = new() { FlipProbability = 0 };
        Preprocessing preprocessing = new() { Height = 16, Width = 16 };
        Image image = TestData.Pattern(23, 19, 3);
        (float[]? plain, float[]? augmented) = (new float[preprocessing.Length], new float[preprocessing.Length]);
        KeyedRandom random = new(1, 2, 3);
        preprocessing.Apply(image, plain);
        augmentation.Apply(image, preprocessing, ref random, augmented);
        Assert.Equal(plain, augmented);
    }

    [Fact]
    public void Random_numbers_are_even_and_shuffles_are_permutations()
    {
        KeyedRandom random = new(7, 0, 0);
        int[] counts = new int[10];
        for (int i = 0; i < 10000; i++)
        {
            counts[random.NextInt32(10)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
        int[] values = [.. Enumerable.Range(0, 100)];
        random.Shuffle(values);
        Assert.NotEqual(Enumerable.Range(0, 100), values);
        Assert.Equal(Enumerable.Range(0, 100), values.Order());
    }
}
