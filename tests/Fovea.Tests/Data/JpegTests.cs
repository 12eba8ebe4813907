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
}
