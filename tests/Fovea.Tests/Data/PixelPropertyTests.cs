using CsCheck;
using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Properties of operations on pixels that hold for any image.</summary>
public sealed class PixelPropertyTests
{
    private const int Cases = 300;

    private static readonly Gen<Image> _images =
        from width in Gen.Int[1, 20]
        from height in Gen.Int[1, 20]
        from channels in Gen.Int[0, 1].Select(colour => colour == 0 ? 1 : 3)
        from pixels in Gen.Byte.Array[width * height * channels]
        select new Image(width, height, channels, pixels);

    [Fact]
    public void Inverting_twice_gives_the_image_again() => _images.Sample(
        image => Changed(Changed(image, PixelOperation.Invert), PixelOperation.Invert).Pixels.AsSpan().SequenceEqual(image.Pixels),
        iter: Cases);

    [Fact]
    public void The_weakest_strength_changes_nothing() => _images.Sample(
        image =>
        {
            (PixelOperation Operation, double Argument)[] weakest =
            [
                (PixelOperation.Identity, 0), (PixelOperation.Posterize, 8),
                (PixelOperation.Solarize, 256), (PixelOperation.SolarizeAdd, 0),
                (PixelOperation.Color, 1), (PixelOperation.Contrast, 1), (PixelOperation.Brightness, 1), (PixelOperation.Sharpness, 1),
                (PixelOperation.Rotate, 0), (PixelOperation.Rotate, 360), (PixelOperation.ShearX, 0), (PixelOperation.ShearY, 0),
                (PixelOperation.TranslateX, 0), (PixelOperation.TranslateY, 0),
            ];
            foreach (Interpolation interpolation in Enum.GetValues<Interpolation>())
            {
                foreach ((PixelOperation operation, double argument) in weakest)
                {
                    Assert.Equal(image.Pixels, Changed(image, operation, argument, interpolation).Pixels);
                }
            }
        },
        iter: Cases);

    [Fact]
    public void Four_quarter_turns_of_a_square_give_it_again() => Gen.Byte.Array[7 * 7 * 3].Sample(
        pixels =>
        {
            Image image = new(7, 7, 3, pixels);
            foreach (Interpolation interpolation in Enum.GetValues<Interpolation>())
            {
                Image turned = image;
                for (int i = 0; i < 4; i++)
                {
                    turned = Changed(turned, PixelOperation.Rotate, 90, interpolation);
                }

                Assert.Equal(pixels, turned.Pixels);
            }
        },
        iter: Cases);

    [Fact]
    public void AutoContrast_stretches_each_channel_and_keeps_its_order() => _images.Sample(
        image =>
        {
            Image stretched = Changed(image, PixelOperation.AutoContrast);
            for (int channel = 0; channel < image.Channels; channel++)
            {
                (byte Before, byte After)[] values =
                [
                    .. image.Pixels.Zip(stretched.Pixels).Where((_, i) => i % image.Channels == channel).Order(),
                ];

                // Values are cut to whole numbers, so that the largest may fall just below 255.
                bool flat = values[0].Before == values[^1].Before;
                Assert.True(flat ? values[0].Before == values[0].After : (values[0].After, values[^1].After) is (0, >= 254));
                Assert.Equal(values.Select(value => value.After).Order(), values.Select(value => value.After));
            }
        },
        iter: Cases);

    [Fact]
    public void A_blur_keeps_values_in_their_range_and_one_colour_as_it_is() => _images.Sample(
        image =>
        {
            using PixelBuffer blurred = GaussianBlurring.Blur(PixelBuffer.Of(image), 1.5);
            byte[] values = blurred.Pixels.ToArray();
            Assert.InRange(values.Max(), 0, image.Pixels.Max());
            Assert.InRange(values.Min(), image.Pixels.Min(), 255);
        },
        iter: Cases);

    [Fact]
    public void A_turn_of_the_hue_keeps_the_largest_value_of_every_pixel() => _images.Sample(
        image =>
        {
            using Sample sample = new();
            sample.Start(image);
            sample.Recolor(Hues.Turn(sample.Buffer, 0.3));
            Assert.Equal(
                image.Pixels.Chunk(image.Channels).Select(pixel => pixel.Max()),
                sample.Pixels.ToArray().Chunk(image.Channels).Select(pixel => pixel.Max()));
        },
        iter: Cases);

    [Fact]
    public void Factors_of_brightness_are_even_over_their_range()
    {
        int[] counts = new int[8];
        Image image = new(1, 1, 1, [100]);
        using Sample sample = new();
        for (ulong index = 0; index < 8000; index++)
        {
            KeyedRandom random = new(1, 2, index);
            sample.Start(image);
            new ColorJitter { Brightness = 0.4 }.Apply(sample, ref random);
            counts[(sample.Pixels[0] - 60) / 10]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 870, 1130));
    }

    private static Image Changed(
        Image image, PixelOperation operation, double argument = 0, Interpolation interpolation = Interpolation.Bilinear)
    {
        using Sample sample = new();
        sample.Start(image);
        operation.Apply(argument, sample, interpolation, default);
        return sample.ToImage();
    }
}
