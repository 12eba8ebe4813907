using CsCheck;
using Fovea.Data;

namespace Fovea.Tests.Data;

/// <summary>Properties of images of any size: sizes, channels and pixels are drawn.</summary>
public sealed class ImagePropertyTests
{
    private const int Rounds = 200;

    private static readonly Gen<Image> _images =
        from width in Gen.Int[1, 70]
        from height in Gen.Int[1, 70]
        from grey in Gen.Bool
        let channels = grey ? 1 : 3
        from pixels in Gen.Byte.Array[width * height * channels]
        select new Image(width, height, channels, pixels);

    private static readonly Gen<ImageOrientation> _orientations = Gen.Int[1, 8].Select(number => (ImageOrientation)number);

    [Fact]
    public void Encoding_as_PNG_keeps_every_image() =>
        _images.Sample(
            image => Same(image, ImageFile.Decode(PngEncoder.Encode(image), "image")), iter: Rounds, threads: 1);

    [Fact]
    public void Turning_an_image_upright_and_back_keeps_it() =>
        Gen.Select(_images, _orientations).Sample(
            (image, orientation) =>
            {
                Image upright = image.ToUpright(orientation);
                Image back = upright.ToUpright(orientation.Inverse());
                return Same(image, back) && upright.Pixels.Order().SequenceEqual(image.Pixels.Order());
            },
            iter: Rounds,
            threads: 1);

    [Fact]
    public void Preprocessing_without_orientation_sees_the_pixels_as_they_are_stored() =>
        Gen.Select(_images, _orientations).Sample(
            (image, orientation) =>
            {
                Preprocessing stored = new() { Height = 32, Width = 32, Resize = ResizeRule.Exact, ApplyOrientation = false };
                return Same(stored.View(image), stored.View(image.ToUpright(orientation)))
                    && Prepared(image, stored).SequenceEqual(Prepared(image.ToUpright(orientation), stored));
            },
            iter: Rounds,
            threads: 1);

    [Fact]
    public void A_crop_of_an_enlarged_canvas_gives_the_image_back() =>
        Gen.Select(_images, Gen.Int[0, 9], Gen.Int[0, 9]).Sample(
            (image, left, top) =>
            {
                Image larger = Transforms.Crop(image, -left, -top, image.Width + left + 3, image.Height + top + 5);
                return Same(image, Transforms.Crop(larger, left, top, image.Width, image.Height));
            },
            iter: Rounds,
            threads: 1);

    [Fact]
    public void Resizing_keeps_values_within_those_of_the_image_and_its_own_size_as_it_is() =>
        Gen.Select(_images, Gen.Int[1, 50], Gen.Int[1, 50]).Sample(
            (image, width, height) =>
            {
                Image resized = Transforms.Resize(image, width, height);
                (byte least, byte most) = (image.Pixels.Min(), image.Pixels.Max());
                return (resized.Width, resized.Height, resized.Channels) == (width, height, image.Channels)
                    && resized.Pixels.All(value => value >= least && value <= most)
                    && Same(image, Transforms.Resize(image, image.Width, image.Height));
            },
            iter: Rounds,
            threads: 1);

    [Fact]
    public void Mirroring_twice_gives_the_image_back() =>
        _images.Sample(
            image => Same(image, Transforms.FlipHorizontal(Transforms.FlipHorizontal(image))), iter: Rounds, threads: 1);

    private static float[] Prepared(Image image, Preprocessing preprocessing)
    {
        using Sample sample = new();
        sample.Start(image);
        Fovea.Engine.KeyedRandom random = new(1, 2);
        foreach (ISampleTransform transform in preprocessing.Chain())
        {
            transform.Apply(sample, ref random);
        }

        return sample.Values.ToArray();
    }

    private static bool Same(Image a, Image b) =>
        (a.Width, a.Height, a.Channels) == (b.Width, b.Height, b.Channels) && a.Pixels.AsSpan().SequenceEqual(b.Pixels);
}
