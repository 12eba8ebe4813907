using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>
/// The chain of transforms against the augmentation of version 0.1.0, which was one method: the draws and the numbers must stay as they
/// were.
/// </summary>
public sealed class AugmentationChainTests
{
    public static TheoryData<Augmentation, int> Options => new()
    {
        { new Augmentation(), 3 },
        { new Augmentation { FlipProbability = 0, CropPadding = 3 }, 3 },
        { new Augmentation { CropPadding = 2, ErasingProbability = 0.7 }, 1 },
        { new Augmentation { ResizedCrop = true, ErasingProbability = 0.5 }, 3 },
        { new Augmentation { ResizedCrop = true, MinScale = 0.35, MaxRatio = 2, CropPadding = 1 }, 1 },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void The_chain_gives_the_numbers_and_draws_of_version_0_1_0(Augmentation options, int channels)
    {
        Preprocessing input = new()
        {
            Height = 12,
            Width = 14,
            Channels = channels,
            ResizeTo = 15,
            Mean = [.. Enumerable.Repeat(0.4f, channels)],
            StandardDeviation = [.. Enumerable.Repeat(0.3f, channels)],
        };
        float[] got = new float[input.Length];
        for (ulong index = 0; index < 60; index++)
        {
            Image image = TestData.Pattern(20 + (int)(index % 7), 18 + (int)(index % 5), index % 3 == 0 ? 1 : 3);
            KeyedRandom random = new(11, 3, index);
            KeyedRandom same = random;
            options.Apply(image, input, ref random, got);
            Assert.Equal(Version010(options, image, input, ref same), got);
            Assert.Equal(same.NextUInt64(), random.NextUInt64());
        }
    }

    [Fact]
    public void Without_augmentation_the_chain_equals_the_preprocessing()
    {
        Preprocessing input = new() { Height = 9, Width = 11, ResizeTo = 13 };
        Image image = TestData.Pattern(31, 17, 3);
        float[] expected = new float[input.Length];
        input.Apply(image, expected);
        using Sample sample = new();
        sample.Start(image);
        KeyedRandom random = new(1, 2, 3);
        foreach (ISampleTransform transform in input.Chain())
        {
            transform.Apply(sample, ref random);
        }

        Assert.Equal(expected, sample.Values.ToArray());
    }

    private static float[] Version010(Augmentation options, Image image, Preprocessing input, ref KeyedRandom random)
    {
        (int width, int height) = (input.Width, input.Height);
        Image pixels;
        if (options.ResizedCrop)
        {
            pixels = input.Channels == 1 ? Transforms.ToGrey(image) : image;
            RandomResizedCrop ranges = new(input)
            {
                MinScale = options.MinScale,
                MaxScale = options.MaxScale,
                MinRatio = options.MinRatio,
                MaxRatio = options.MaxRatio,
            };
            RandomCrop window = RandomCrop.Choose(pixels.Width, pixels.Height, ranges, ref random);
            pixels = Transforms.Crop(pixels, window.Left, window.Top, window.Width, window.Height);
            pixels = Transforms.Resize(pixels, width, height, input.Interpolation);
        }
        else
        {
            pixels = input.View(image);
        }

        if (options.CropPadding > 0)
        {
            int top = random.NextInt32((2 * options.CropPadding) + 1) - options.CropPadding;
            pixels = Transforms.Crop(pixels, random.NextInt32((2 * options.CropPadding) + 1) - options.CropPadding, top, width, height);
        }

        if (random.NextBoolean(options.FlipProbability))
        {
            pixels = Transforms.FlipHorizontal(pixels);
        }

        float[] numbers = new float[input.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            byte value = pixels.Pixels[pixels.Channels == 1 ? i / input.Channels : i];
            numbers[i] = ((value / 255f) - input.Mean[i % input.Channels]) / input.StandardDeviation[i % input.Channels];
        }

        if (random.NextBoolean(options.ErasingProbability) && Erased(width, height, ref random) is RandomCrop erased)
        {
            for (int y = erased.Top; y < erased.Top + erased.Height; y++)
            {
                numbers.AsSpan(((y * width) + erased.Left) * input.Channels, erased.Width * input.Channels).Clear();
            }
        }

        return numbers;
    }

    private static RandomCrop? Erased(int width, int height, ref KeyedRandom random) =>
        RandomCrop.ChooseErased(width, height, new RandomErasing { MaxArea = 0.33, MaxRatio = 3.3 }, 1, ref random);
}
