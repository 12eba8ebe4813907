using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class JpegTests
{
    [Theory]
    [InlineData(TestData.BaselineJpeg, 37, 23, 3, "139cfb87f6f8b646")]
    [InlineData(TestData.ProgressiveJpeg, 37, 23, 3, "139cfb87f6f8b646")]
    [InlineData(TestData.GreyJpeg, 16, 16, 1, "0973b365d04427f3")]
    public void Images_are_decoded_to_the_pixels_that_Pillow_decodes(string base64, int width, int height, int channels, string digest)
    {
        Image image = ImageFile.Decode(Convert.FromBase64String(base64), "image");
        Assert.Equal((width, height, channels), (image.Width, image.Height, image.Channels));
        Assert.Equal(digest, TestData.Digest(image.Pixels));
    }

    [Fact]
    public void Four_inks_become_red_green_and_blue()
    {
        Image image = ImageFile.Decode(Convert.FromBase64String(TestData.InkJpeg), "image");
        Assert.Equal(3, image.Channels);
        Assert.Equal("0000000500030c000813000c1800101e00142500192a001c300020350024", Convert.ToHexStringLower(image.Pixels.AsSpan(0, 30)));
    }

    [Theory]
    [InlineData(TestData.BaselineJpeg)]
    [InlineData(TestData.ProgressiveJpeg)]
    [InlineData(TestData.GreyJpeg)]
    public void An_image_cut_off_is_one_clear_error(string base64)
    {
        byte[] file = Convert.FromBase64String(base64);
        for (int length = 3; length < file.Length - 2; length += 7)
        {
            InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.Decode(file[..length], "cat/0001.jpg"));
            Assert.StartsWith("cat/0001.jpg: the JPEG image is cut off or damaged", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }

        // After an error the decompressor must be fit for the next image.
        Assert.NotNull(ImageFile.Decode(file, "image"));
    }

    [Fact]
    public void Stray_bytes_between_segments_are_no_error()
    {
        byte[] file = Convert.FromBase64String(TestData.BaselineJpeg);
        byte[] stray = [.. file[..^2], 0, 0, 0, .. file[^2..]];
        Assert.Equal(ImageFile.Decode(file, "a").Pixels, ImageFile.Decode(stray, "b").Pixels);
    }

    [Fact]
    public void A_file_that_is_no_image_is_said_to_be_none()
    {
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.Decode("hello"u8.ToArray(), "a.jpg"));
        Assert.Contains("no picture of a known kind", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidImageException>(() => ImageFile.Read("/nowhere/a.jpg"));
    }

    [Theory]
    [InlineData(37, 23, 37, 23)]
    [InlineData(20, 12, 24, 15)]
    [InlineData(18, 11, 19, 12)]
    [InlineData(1, 1, 5, 3)]
    [InlineData(100, 1, 37, 23)]
    public void Scaled_decoding_gives_the_smallest_fraction_that_is_large_enough(int leastWidth, int leastHeight, int width, int height)
    {
        byte[] file = Convert.FromBase64String(TestData.BaselineJpeg);
        Image image = ImageFile.Decode(file, "image", new ImageSize(leastWidth, leastHeight));
        Assert.Equal((width, height), (image.Width, image.Height));

        // A resize of the whole image shows nearly the same.
        Image whole = Transforms.Resize(ImageFile.Decode(file, "image"), width, height);
        Assert.InRange(whole.Pixels.Zip(image.Pixels, (a, b) => Math.Abs(a - b)).Average(), 0, 12);
    }

    [Fact]
    public void A_loader_decodes_at_a_fraction_only_when_asked_to()
    {
        using TemporaryFolder folder = new();
        byte[] file = Convert.FromBase64String(TestData.BaselineJpeg);
        folder.Write("a/1.jpg", file);
        folder.Write("b/1.jpg", file);
        IImageDataset set = Datasets.Open(folder.Path);
        Preprocessing preprocessing = new() { Height = 8, Width = 8 };
        foreach ((bool scaled, Image expected) in new[]
        {
            (false, ImageFile.Decode(file, "image")), (true, ImageFile.Decode(file, "image", new ImageSize(8, 8))),
        })
        {
            float[] wanted = new float[preprocessing.Length];
            preprocessing.Apply(expected, wanted);
            using DataLoader loader = new(set, preprocessing, DataLoaderOptions.ForEvaluation(2) with { ScaledDecoding = scaled });
            Assert.Equal(wanted, loader.Epoch(0).Single().Images[..preprocessing.Length]);
        }
    }
}
