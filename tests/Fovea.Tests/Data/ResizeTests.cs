using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class ResizeTests
{
    [Theory]
    [InlineData(Interpolation.Bilinear, 1, 13, 9, 5, 4, "efa6cbdc92dc4a73")]
    [InlineData(Interpolation.Bilinear, 1, 7, 5, 16, 11, "e30c206c5490c7ff")]
    [InlineData(Interpolation.Bilinear, 1, 64, 48, 20, 20, "bdac7429335baecc")]
    [InlineData(Interpolation.Bilinear, 1, 28, 28, 32, 32, "0b41577c7a894c84")]
    [InlineData(Interpolation.Bilinear, 1, 33, 17, 33, 8, "5877e804aec86cf3")]
    [InlineData(Interpolation.Bilinear, 1, 17, 33, 8, 33, "e6492e631b1fe27a")]
    [InlineData(Interpolation.Bilinear, 1, 1, 1, 4, 3, "15ec7bf0b50732b4")]
    [InlineData(Interpolation.Bilinear, 1, 5, 1, 2, 2, "d080c3b217986f8a")]
    [InlineData(Interpolation.Bilinear, 1, 300, 200, 224, 149, "7616e9ad339aa18a")]
    [InlineData(Interpolation.Bilinear, 1, 40, 30, 1, 1, "7ace431cb61584cb")]
    [InlineData(Interpolation.Bilinear, 1, 31, 29, 30, 30, "2ca34fb9d16e837a")]
    [InlineData(Interpolation.Bilinear, 3, 13, 9, 5, 4, "de8c6d5c466c4f88")]
    [InlineData(Interpolation.Bilinear, 3, 7, 5, 16, 11, "ab71d18cafdccc30")]
    [InlineData(Interpolation.Bilinear, 3, 64, 48, 20, 20, "e2de0926a0aeff12")]
    [InlineData(Interpolation.Bilinear, 3, 28, 28, 32, 32, "36c4c616adaea2cc")]
    [InlineData(Interpolation.Bilinear, 3, 33, 17, 33, 8, "eb938b6ef15e2e37")]
    [InlineData(Interpolation.Bilinear, 3, 17, 33, 8, 33, "42bc163123dbac7d")]
    [InlineData(Interpolation.Bilinear, 3, 1, 1, 4, 3, "4b1cc053e42d82b0")]
    [InlineData(Interpolation.Bilinear, 3, 5, 1, 2, 2, "612cc3aa93ec1431")]
    [InlineData(Interpolation.Bilinear, 3, 300, 200, 224, 149, "f41cb17d7ee0a6db")]
    [InlineData(Interpolation.Bilinear, 3, 40, 30, 1, 1, "06d80bcaf0aa33c5")]
    [InlineData(Interpolation.Bilinear, 3, 31, 29, 30, 30, "e5d1730b6dbe85a3")]
    [InlineData(Interpolation.Bicubic, 1, 13, 9, 5, 4, "dbc927c23ca4d41a")]
    [InlineData(Interpolation.Bicubic, 1, 7, 5, 16, 11, "3e026e5866f827db")]
    [InlineData(Interpolation.Bicubic, 1, 64, 48, 20, 20, "4c5fc615eea9fdd9")]
    [InlineData(Interpolation.Bicubic, 1, 28, 28, 32, 32, "4114918ff8181970")]
    [InlineData(Interpolation.Bicubic, 1, 33, 17, 33, 8, "d01d160bde0ebf29")]
    [InlineData(Interpolation.Bicubic, 1, 17, 33, 8, 33, "82a999f3c45274b9")]
    [InlineData(Interpolation.Bicubic, 1, 1, 1, 4, 3, "15ec7bf0b50732b4")]
    [InlineData(Interpolation.Bicubic, 1, 5, 1, 2, 2, "294f279f09c18228")]
    [InlineData(Interpolation.Bicubic, 1, 300, 200, 224, 149, "185bbe271497300c")]
    [InlineData(Interpolation.Bicubic, 1, 40, 30, 1, 1, "7ace431cb61584cb")]
    [InlineData(Interpolation.Bicubic, 1, 31, 29, 30, 30, "ad738b493662bbb9")]
    [InlineData(Interpolation.Bicubic, 3, 13, 9, 5, 4, "56dcd5f0a991459d")]
    [InlineData(Interpolation.Bicubic, 3, 7, 5, 16, 11, "a479f2f14c33c518")]
    [InlineData(Interpolation.Bicubic, 3, 64, 48, 20, 20, "b64f323e9a0b4150")]
    [InlineData(Interpolation.Bicubic, 3, 28, 28, 32, 32, "7adf34c0e97a9a3f")]
    [InlineData(Interpolation.Bicubic, 3, 33, 17, 33, 8, "6a46be7c9d9e84c6")]
    [InlineData(Interpolation.Bicubic, 3, 17, 33, 8, 33, "aae09688bf3ce590")]
    [InlineData(Interpolation.Bicubic, 3, 1, 1, 4, 3, "4b1cc053e42d82b0")]
    [InlineData(Interpolation.Bicubic, 3, 5, 1, 2, 2, "dc4e748a37764695")]
    [InlineData(Interpolation.Bicubic, 3, 300, 200, 224, 149, "93038f2591602687")]
    [InlineData(Interpolation.Bicubic, 3, 40, 30, 1, 1, "06d80bcaf0aa33c5")]
    [InlineData(Interpolation.Bicubic, 3, 31, 29, 30, 30, "bfdb387630c5fc8b")]
    [InlineData(Interpolation.Nearest, 1, 13, 9, 5, 4, "1825ace8180c9402")]
    [InlineData(Interpolation.Nearest, 1, 2, 2, 7, 15, "15977cb9f613bdef")]
    [InlineData(Interpolation.Nearest, 3, 7, 5, 16, 11, "842657af8bbdb98f")]
    [InlineData(Interpolation.Nearest, 3, 64, 48, 20, 20, "2a159ea3289760a0")]
    [InlineData(Interpolation.Nearest, 3, 28, 28, 32, 32, "a1ab7c6034b9f656")]
    [InlineData(Interpolation.Nearest, 1, 2, 3, 21, 23, "d3acdef41dff519a")]
    [InlineData(Interpolation.Nearest, 3, 31, 29, 30, 30, "8199ecf940280344")]
    public void Results_equal_those_of_Pillow(
        Interpolation interpolation, int channels, int width, int height, int newWidth, int newHeight, string digest)
    {
        Image resized = Transforms.Resize(TestData.Pattern(width, height, channels), newWidth, newHeight, interpolation);
        Assert.Equal((newWidth, newHeight, channels), (resized.Width, resized.Height, resized.Channels));
        Assert.Equal(digest, TestData.Digest(resized.Pixels));
    }

    [Theory]
    [InlineData(Interpolation.Bilinear, "616e7b5a786a5d9884908e899082887a9d75848c")]
    [InlineData(Interpolation.Bicubic, "5f707a537a6c559f8b93918c947f84769e75818f")]
    public void A_small_result_equals_that_of_Pillow_pixel_by_pixel(Interpolation interpolation, string pixels) =>
        Assert.Equal(pixels, Convert.ToHexStringLower(Transforms.Resize(TestData.Pattern(13, 9, 1), 5, 4, interpolation).Pixels));

    [Theory]
    [InlineData(500, 375, 3, 243, 182, 160, 160)]
    [InlineData(37, 90, 3, 40, 97, 33, 40)]
    [InlineData(61, 40, 1, 30, 40, 17, 21)]
    [InlineData(40, 61, 3, 40, 30, 40, 9)]
    [InlineData(9, 7, 3, 9, 7, 5, 5)]
    [InlineData(9, 7, 3, 5, 4, 8, 8)]
    public void The_middle_of_a_resized_image_is_the_same_without_the_rest(
        int width, int height, int channels, int newWidth, int newHeight, int columns, int rows)
    {
        PixelBuffer image = PixelBuffer.Of(TestData.Pattern(width, height, channels));
        foreach (Interpolation interpolation in Enum.GetValues<Interpolation>())
        {
            using PixelBuffer whole = image.Resize(newWidth, newHeight, interpolation);
            using PixelBuffer middle = image.ResizeMiddle(newWidth, newHeight, interpolation, columns, rows);

            Assert.Equal(whole.CenterCrop(columns, rows).Pixels, middle.Pixels);
        }
    }

    [Fact]
    public void Grey_equals_that_of_Pillow() =>
        Assert.Equal("74c23c9afc5dd41b", TestData.Digest(Transforms.ToGrey(TestData.Pattern(31, 29, 3)).Pixels));

    [Fact]
    public void A_constant_image_stays_constant_at_every_size()
    {
        byte[] pixels = [.. Enumerable.Repeat((byte)200, 11 * 7 * 3)];
        foreach (int size in new[] { 1, 2, 5, 7, 11, 12, 40 })
        {
            foreach (Interpolation interpolation in Enum.GetValues<Interpolation>())
            {
                Image resized = Transforms.Resize(new Image(11, 7, 3, pixels), size, size + 1, interpolation);
                Assert.All(resized.Pixels, value => Assert.Equal(200, value));
            }
        }
    }
}
