using System.Security.Cryptography;
using System.Text.Json;
using Fovea.Data;
using Fovea.Tests.Library;

namespace Fovea.Tests.Data;

/// <summary>Odd pictures, of the kinds that people report, against Pillow's pixels (upright, red, green, blue).</summary>
public sealed class PictureTests
{
    private static readonly string _folder = Environment.GetEnvironmentVariable("FOVEA_PICTURES")
        ?? Path.Combine(ChildProcess.Repository, "tests/Fovea.Tests/Data/pictures");

    // Pillow decodes these; here they are refused, as part of their pixels is damaged or missing, or their kind is rare.
    private static readonly string[] _refused = ["badcrc_idat.png", "idat_short.png", "cgbi.png", "tiff.jpg"];

    private static readonly JsonElement _expected =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "expected.json"))).RootElement.GetProperty("pictures");

    public static TheoryData<string> Names => [.. _expected.EnumerateObject().Select(picture => picture.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_picture_has_the_pixels_that_Pillow_decodes_or_is_refused(string name)
    {
        JsonElement expected = _expected.GetProperty(name);
        string path = Path.Combine(_folder, name);
        if (_refused.Contains(name) || expected.TryGetProperty("error", out _))
        {
            InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.Read(path));
            Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
            return;
        }

        Image image = ImageFile.Read(path);
        Assert.Equal((expected.GetProperty("width").GetInt32(), expected.GetProperty("height").GetInt32()), (image.Width, image.Height));
        Assert.Equal(expected.GetProperty("orientation").GetInt32(), (int)image.StoredAs);
        Assert.Equal(expected.GetProperty("sha256_rgb").GetString(), Convert.ToHexStringLower(SHA256.HashData(Rgb(image))));
    }

    [Fact]
    public void TurboJPEG_and_SkiaSharp_decode_JPEG_files_to_the_same_bits_at_every_scale()
    {
        foreach (string path in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (Record.Exception(() => ImageFile.Decode(bytes, path)) is not null
                || ImageKinds.Of(bytes.AsSpan(0, Math.Min(bytes.Length, ImageKinds.SignatureLength))) != ImageKind.Jpeg)
            {
                continue;
            }

            for (int eighths = 1; eighths <= 8; eighths++)
            {
                // Without the library, and where it refuses, SkiaSharp decides alone.
                if (TurboJpegDecoder.TryDecode(bytes, eighths) is Image fast)
                {
                    Image other = SkiaDecoder.Decode(bytes, path, ImageKind.Jpeg, eighths);
                    Assert.Equal((other.Width, other.Height, other.Channels), (fast.Width, fast.Height, fast.Channels));
                    Assert.True(other.Pixels.AsSpan().SequenceEqual(fast.Pixels), $"{Path.GetFileName(path)} at {eighths}/8");
                }
            }
        }
    }

    [Theory]
    [InlineData("html.jpg", "a web page (HTML)")]
    [InlineData("lfs.jpg", "a Git LFS pointer")]
    [InlineData("empty.jpg", "empty")]
    [InlineData("tiff.jpg", "a TIFF picture")]
    [InlineData("lossless.jpg", "a lossless JPEG picture")]
    [InlineData("twelve_bit.jpg", "12 bits")]
    public void What_is_not_decoded_is_named_for_what_it_is(string name, string words)
    {
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.Read(Path.Combine(_folder, name)));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bomb.png", "at most")]
    [InlineData("png-65535.png", "at most")]
    [InlineData("bomb-progressive-1000.jpg", " scans")]
    public void Pictures_made_to_waste_memory_or_time_are_refused_by_their_header(string name, string words)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.Read(Path.Combine(_folder, name)));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static byte[] Rgb(Image image) => image.Channels == 3
        ? image.Pixels
        : [.. image.Pixels.SelectMany(value => Enumerable.Repeat(value, 3))];
}
