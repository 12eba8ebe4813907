using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Policies of augmentation: which operations they draw, how often and how strong.</summary>
public sealed class PolicyTests
{
    private static readonly Image _image = TestData.Pattern(14, 11, 3);
    private static readonly Rgb _fill = new(9, 80, 200);

    [Fact]
    public void RandAugment_draws_each_of_its_fifteen_operations_equally_often_with_either_sign()
    {
        RandAugment policy = new()
        {
            Operations = 1,
            Probability = 1,
            MagnitudeDeviation = 0,
            Fill = _fill,
            Interpolation = Interpolation.Bilinear,
        };
        (PixelOperation Operation, double[] Arguments)[] outcomes =
        [
            (PixelOperation.AutoContrast, [0]),
            (PixelOperation.Equalize, [0]),
            (PixelOperation.Invert, [0]),
            (PixelOperation.Rotate, [-27, 27]),
            (PixelOperation.Posterize, [1]),
            (PixelOperation.Solarize, [26]),
            (PixelOperation.SolarizeAdd, [99]),
            (PixelOperation.Color, [0.19, 1.81]),
            (PixelOperation.Contrast, [0.19, 1.81]),
            (PixelOperation.Brightness, [0.19, 1.81]),
            (PixelOperation.Sharpness, [0.19, 1.81]),
            (PixelOperation.ShearX, [-0.27, 0.27]),
            (PixelOperation.ShearY, [-0.27, 0.27]),
            (PixelOperation.TranslateX, [-0.405 * 14, 0.405 * 14]),
            (PixelOperation.TranslateY, [-0.405 * 11, 0.405 * 11]),
        ];
        Shares shares = new();
        foreach ((PixelOperation operation, double[] arguments) in outcomes)
        {
            foreach (double argument in arguments)
            {
                shares.Add(Changed(operation, argument, Interpolation.Bilinear, _fill), 1.0 / outcomes.Length / arguments.Length);
            }
        }

        shares.Check(policy, _image, 6000);
    }

    [Theory]
    [InlineData(2, 0.5, 0.25)]
    [InlineData(3, 0.2, 0.512)]
    [InlineData(0, 1, 1)]
    public void RandAugment_leaves_an_image_alone_as_often_as_its_probability_says(int operations, double probability, double share)
    {
        RandAugment policy = new() { Operations = operations, Probability = probability, Fill = _fill };
        int same = 0;
        using Sample sample = new();
        for (ulong index = 0; index < 4000; index++)
        {
            KeyedRandom random = new(3, 0, index);
            sample.Start(_image);
            policy.Apply(sample, ref random);
            same += sample.Pixels.SequenceEqual(_image.Pixels) ? 1 : 0;
        }

        // A little more, as some strengths change nothing.
        Assert.InRange(same / 4000.0, share - 0.02, share + 0.035);
    }

    [Theory]
    [InlineData(5, 1, 5, 1)]
    [InlineData(9, 0, 9, 0)]
    [InlineData(8, double.PositiveInfinity, 4, 2.309)]
    [InlineData(10, 3, 8.8, 1.75)]
    public void Magnitudes_have_the_mean_and_deviation_that_was_asked_for(
        double mean, double deviation, double gotMean, double gotDeviation)
    {
        RandAugment policy = new() { Magnitude = mean, MagnitudeDeviation = deviation };
        KeyedRandom random = new(1, 2, 3);
        double[] magnitudes = [.. Enumerable.Range(0, 10000).Select(_ => policy.DrawMagnitude(ref random))];
        Assert.All(magnitudes, magnitude => Assert.InRange(magnitude, 0, 10));
        Assert.Equal(gotMean, magnitudes.Average(), 0.06);
        Assert.Equal(gotDeviation, Math.Sqrt(magnitudes.Average(m => (m - magnitudes.Average()) * (m - magnitudes.Average()))), 0.06);
    }

    [Theory]
    [InlineData(nameof(PixelOperation.Posterize), 0, true, 4)]
    [InlineData(nameof(PixelOperation.Posterize), 10, true, 0)]
    [InlineData(nameof(PixelOperation.Posterize), 9, false, 3)]
    [InlineData(nameof(PixelOperation.Posterize), 30, true, 0)]
    [InlineData(nameof(PixelOperation.Posterize), 30, false, 8)]
    [InlineData(nameof(PixelOperation.Solarize), 0, true, 256)]
    [InlineData(nameof(PixelOperation.Solarize), 10, true, 0)]
    [InlineData(nameof(PixelOperation.Solarize), 9, false, 230)]
    [InlineData(nameof(PixelOperation.SolarizeAdd), 10, true, 110)]
    [InlineData(nameof(PixelOperation.Color), 9, false, 1.72)]
    [InlineData(nameof(PixelOperation.Color), 0, true, 1)]
    [InlineData(nameof(PixelOperation.Rotate), 0, true, 0)]
    public void Strengths_of_RandAugment_are_those_of_timm(string operation, double magnitude, bool increasing, double argument)
    {
        using Sample sample = new();
        sample.Start(_image);
        KeyedRandom random = new(1, 2, 3);
        PixelOperation parsed = Enum.Parse<PixelOperation>(operation);
        Assert.Equal(argument, Math.Abs(TimmMagnitudes.Argument(parsed, magnitude, increasing, sample, ref random)), 12);
    }

    [Theory]
    [InlineData(nameof(PixelOperation.ShearX), 30, 0.99f)]
    [InlineData(nameof(PixelOperation.Rotate), 30, 135)]
    [InlineData(nameof(PixelOperation.Rotate), 1, 4.5)]
    [InlineData(nameof(PixelOperation.Brightness), 0, 1)]
    [InlineData(nameof(PixelOperation.Contrast), 30, 1 + (double)0.99f)]
    [InlineData(nameof(PixelOperation.Posterize), 0, 8)]
    [InlineData(nameof(PixelOperation.Posterize), 15, 5)]
    [InlineData(nameof(PixelOperation.Posterize), 30, 2)]
    [InlineData(nameof(PixelOperation.Solarize), 0, 255)]
    [InlineData(nameof(PixelOperation.Solarize), 15, 127.5)]
    [InlineData(nameof(PixelOperation.TranslateX), 29, -30)]
    public void Strengths_of_TrivialAugment_are_those_of_torchvision(string operation, int bin, double argument) => Assert.Equal(
        argument, TrivialAugment.Magnitudes.Argument(Enum.Parse<PixelOperation>(operation), bin, false, 32), 12);

    [Fact]
    public void TrivialAugment_draws_operations_strengths_and_signs_evenly()
    {
        Shares shares = new();
        foreach (PixelOperation operation in TrivialAugment.Operations)
        {
            for (int bin = 0; bin < 31; bin++)
            {
                foreach (bool negative in new[] { false, true })
                {
                    double argument = TrivialAugment.Magnitudes.Argument(
                        operation, bin, negative && BinnedMagnitudes.IsSigned(operation), 32);
                    shares.Add(Changed(operation, argument, Interpolation.Nearest, default), 1.0 / TrivialAugment.Operations.Length / 62);
                }
            }
        }

        shares.Check(new TrivialAugment(), _image, 20000);
    }

    [Theory]
    [InlineData(AutoAugmentPolicy.ImageNet)]
    [InlineData(AutoAugmentPolicy.Cifar10)]
    public void AutoAugment_draws_pairs_evenly_and_operations_by_the_probabilities_of_their_pair(AutoAugmentPolicy policy)
    {
        AutoAugment transform = new() { Policy = policy };
        ReadOnlySpan<PolicyStep> steps = AutoAugment.StepsOf(policy);
        Assert.Equal(50, steps.Length);
        Shares shares = new();
        for (int pair = 0; pair < steps.Length; pair += 2)
        {
            foreach ((Image between, double share) in Outcomes(_image, steps[pair]))
            {
                foreach ((Image result, double further) in Outcomes(between, steps[pair + 1]))
                {
                    if (share * further > 0)
                    {
                        shares.Add(result, 2.0 / steps.Length * share * further);
                    }
                }
            }
        }

        shares.Check(transform, _image, 20000);
    }

    [Fact]
    public void ThreeAugment_takes_grey_solarize_or_blur_each_a_third_of_the_time()
    {
        byte[] solarized = Changed(PixelOperation.Solarize, 128, default, default).Pixels;
        int[] counts = new int[3];
        using Sample sample = new();
        for (ulong index = 0; index < 3000; index++)
        {
            KeyedRandom random = new(5, 0, index);
            sample.Start(_image);
            new ThreeAugment().Apply(sample, ref random);
            counts[sample.Channels == 1 ? 0 : sample.Pixels.SequenceEqual(solarized) ? 1 : 2]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 900, 1100));
    }

    [Fact]
    public void A_colour_that_moves_into_a_grey_image_makes_it_a_colour_image()
    {
        using Sample sample = new();
        sample.Start(TestData.Pattern(6, 5, 1));
        PixelOperation.TranslateX.Apply(2, sample, Interpolation.Nearest, new Rgb(1, 1, 1));
        Assert.Equal(1, sample.Channels);
        PixelOperation.TranslateX.Apply(2, sample, Interpolation.Nearest, _fill);
        Assert.Equal(3, sample.Channels);
        Assert.Equal([9, 80, 200], sample.Pixels[^3..].ToArray());
    }

    private static (Image Result, double Share)[] Outcomes(Image image, PolicyStep step)
    {
        BinnedMagnitudes magnitudes = AutoAugment.Magnitudes;
        float longest = (float)(150.0 / 331 * (step.Operation == PixelOperation.TranslateX ? image.Width : image.Height));
        bool signed = BinnedMagnitudes.IsSigned(step.Operation);
        Image Result(bool negative) => Changed(
            step.Operation, magnitudes.Argument(step.Operation, step.Magnitude, negative, longest), Interpolation.Nearest, default, image);
        return
        [
            (image, 1 - step.Probability),
            (Result(false), step.Probability / 2),
            (Result(signed), step.Probability / 2),
        ];
    }

    private static Image Changed(
        PixelOperation operation, double argument, Interpolation interpolation, Rgb fill, Image? image = null)
    {
        using Sample sample = new();
        sample.Start(image ?? _image);
        operation.Apply(argument, sample, interpolation, fill);
        return sample.ToImage();
    }
}
