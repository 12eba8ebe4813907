using Fovea.Engine;
using SkiaSharp;

namespace Fovea.Benchmarks;

/// <summary>JPEG pictures of smooth shapes, edges and some noise, about as large when encoded as photographs.</summary>
internal static class JpegPictures
{
    /// <summary>Columns of a picture.</summary>
    public const int Width = 500;

    /// <summary>Rows of a picture.</summary>
    public const int Height = 375;

    /// <summary>Makes a picture.</summary>
    /// <param name="seed">Seed of its shapes.</param>
    public static unsafe byte[] Encode(int seed)
    {
        KeyedRandom random = new((ulong)seed, 1);
        double[] waves = [.. Enumerable.Range(0, 12).Select(_ => random.NextDouble())];
        byte[] pixels = new byte[Width * Height * 4];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    double value = 120 + (60 * Math.Sin((x * waves[channel] * 0.1) + (y * waves[channel + 3] * 0.05)))
                        + (((x * waves[channel + 6]) + (y * waves[channel + 9])) % 97 > 48 ? 30 : -30) + (24 * (random.NextDouble() - 0.5));
                    pixels[(((y * Width) + x) * 4) + channel] = (byte)Math.Clamp(value, 0, 255);
                }

                pixels[(((y * Width) + x) * 4) + 3] = byte.MaxValue;
            }
        }

        fixed (byte* first = pixels)
        {
            using SKPixmap pixmap = new(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque), (nint)first, Width * 4);
            SKJpegEncoderOptions options = new(90, SKJpegEncoderDownsample.Downsample420, SKJpegEncoderAlphaOption.Ignore);
            using SKData data = pixmap.Encode(options)!;
            return data.ToArray();
        }
    }
}
