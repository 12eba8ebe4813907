using System.Runtime.InteropServices;
using Fovea.Data;

namespace Fovea.Benchmarks;

/// <summary>
/// Images a second that one thread decodes and prepares: JPEG files of 500×375 pixels to a network's input of 224×224. TurboJPEG is used
/// where the system has it, unless the environment variable FOVEA_TURBOJPEG is 0.
/// </summary>
internal static class ImageLoadTable
{
    private const int Files = 64;
    private const int Rounds = 7;

    /// <summary>Measures in turns and prints the best of each.</summary>
    public static void Print()
    {
        byte[][] files = [.. Enumerable.Range(0, Files).Select(JpegPictures.Encode)];
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
        string turbo = Environment.GetEnvironmentVariable("FOVEA_TURBOJPEG") == "0" ? "off" : "where it is installed";
        Console.WriteLine($"{Files} JPEG files of {JpegPictures.Width}×{JpegPictures.Height}, "
            + $"{files.Average(file => file.Length) / 1024:F0} KiB on average, one thread, TurboJPEG {turbo}, "
            + $"{RuntimeInformation.ProcessArchitecture}; images a second, best of {Rounds} rounds");
        double[] best = new double[rows.Length];
        for (int round = -1; round < Rounds; round++)
        {
            for (int row = 0; row < rows.Length; row++)
            {
                // By the processor's clock: other programs on the machine take nothing from it.
                TimeSpan start = Environment.CpuUsage.TotalTime;
                Array.ForEach(files, file => rows[row].Work(file));
                double rate = Files / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
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
}
