using System.Diagnostics;
using System.Runtime.InteropServices;
using Fovea.Data;
using Fovea.Engine;
using SkiaSharp;

namespace Fovea.Benchmarks;

/// <summary>
/// Images a second that one thread decodes and prepares: JPEG files of 500×375 pixels to a network's input of 224×224. TurboJPEG is used
/// where the system has it, unless the environment variable FOVEA_TURBOJPEG is 0.
/// </summary>
internal static class ImageLoadTable
{
    private const int Width = 500;
    private const int Height = 375;
    private const int Files = 64;
    private const int Rounds = 7;

    /// <summary>Measures in turns and prints the best of each.</summary>
    public static unsafe void Print()
    {
        byte[][] files = [.. Enumerable.Range(0, Files).Select(Encode)];
        Preprocessing evaluation = new() { ResizeTo = 256 };
        Preprocessing straight = new() { ResizeTo = 224 };
        (string Name, Action<byte[]> Work)[] rows =
        [
            ("decoded", file => ImageFile.Decode(file, "image")),
            ("decoded at 6/8", file => ImageFile.Decode(file, "image", new ImageSize(256, 256))),
            ("decoded at 5/8", file => ImageFile.Decode(file, "image", new ImageSize(224, 224))),
            ("prepared, shorter side 256", file => Prepare(file, evaluation, null)),
            ("prepared, shorter side 256, at 6/8", file => Prepare(file, evaluation, new ImageSize(256, 256))),
            ("prepared, shorter side 224", file => Prepare(file, straight, null)),
            ("prepared, shorter side 224, at 5/8", file => Prepare(file, straight, new ImageSize(224, 224))),
        ];
        Console.WriteLine($"{Files} JPEG files of {Width}×{Height}, {files.Average(file => file.Length) / 1024:F0} KiB on average, one "
            + $"thread, TurboJPEG {(Environment.GetEnvironmentVariable("FOVEA_TURBOJPEG") == "0" ? "off" : "where it is installed")}, "
            + $"{RuntimeInformation.ProcessArchitecture}; images a second, best of {Rounds} rounds");
        double[] best = new double[rows.Length];
        for (int round = -1; round < Rounds; round++)
        {
            for (int row = 0; row < rows.Length; row++)
            {
                long start = Stopwatch.GetTimestamp();
                Array.ForEach(files, file => rows[row].Work(file));
                double rate = Files / Stopwatch.GetElapsedTime(start).TotalSeconds;
                best[row] = round < 0 ? 0 : Math.Max(best[row], rate);
            }
        }

        for (int row = 0; row < rows.Length; row++)
        {
            Console.WriteLine($"{rows[row].Name,-38}{best[row],8:F0}");
        }

        Console.WriteLine($"mean difference by scaled decoding, of 255: shorter side 256 {Difference(files, evaluation):F2}, "
            + $"shorter side 224 {Difference(files, straight):F2}");
    }

    private static void Prepare(byte[] file, Preprocessing preprocessing, ImageSize? atLeast)
    {
        float[] input = new float[preprocessing.Length];
        preprocessing.Apply(ImageFile.Decode(file, "image", atLeast), input);
    }

    private static double Difference(byte[][] files, Preprocessing preprocessing) => files.Average(file =>
    {
        Image whole = preprocessing.View(ImageFile.Decode(file, "image"));
        Image scaled = preprocessing.View(ImageFile.Decode(file, "image", new ImageSize(preprocessing.ResizeTo, preprocessing.ResizeTo)));
        return whole.Pixels.Zip(scaled.Pixels, (a, b) => Math.Abs(a - b)).Average();
    });

    /// <summary>A picture of smooth shapes, edges and some noise, about as large when encoded as a photograph.</summary>
    private static unsafe byte[] Encode(int seed)
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
