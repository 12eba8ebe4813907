using System.Diagnostics;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Benchmarks;

/// <summary>
/// What stands between a checkpoint on disk and its first prediction, against the least that it must take: the file read once, and one
/// prediction.
/// </summary>
internal static class LoadTable
{
    private const int Rounds = 9;

    /// <summary>Measures in turns, in a process that has done it all once before, and prints the best and the middle of each.</summary>
    /// <param name="model">The model's registered name.</param>
    public static void Print(string model)
    {
        string path = Path.Combine(Path.GetTempPath(), $"fovea-load-{Environment.ProcessId}.safetensors");
        try
        {
            (double[] reading, double[] prediction, double[] loading) = Measure(model, path);
            Console.WriteLine($"{model}, {new FileInfo(path).Length / 1e6:F0} MB, {Environment.ProcessorCount} threads, "
                + $"{Rounds} rounds; milliseconds: best, median");
            Row("the file read once", reading);
            Row("one prediction", prediction);
            Row("from load to first prediction", loading);
            double best = loading[0] / (reading[0] + prediction[0]);
            double median = Middle(loading) / (Middle(reading) + Middle(prediction));
            Console.WriteLine($"{"ratio to reading + prediction",-32}{best,8:F2}{median,8:F2}");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (double[] Reading, double[] Prediction, double[] Loading) Measure(string model, string path)
    {
        Preprocessing preprocessing = Write(model, path);
        float[] image = new float[preprocessing.Length];
        byte[] buffer = new byte[1 << 20];
        (double[]? reading, double[]? prediction, double[]? loading) = (new double[Rounds], new double[Rounds], new double[Rounds]);
        for (int round = -1; round < Rounds; round++)
        {
            // The first round is not kept.
            int kept = Math.Max(round, 0);
            reading[kept] = Milliseconds(() => Read(path, buffer));
            Classifier? classifier = null;
            float[] probabilities = [];

            // Each round pays for what it allocates itself, not for what the one before left.
            GC.Collect();
            loading[kept] = Milliseconds(() =>
            {
                classifier = Classifier.Load(path);
                probabilities = new float[classifier.Info.Classes.Count];
                classifier.Predict(image, probabilities);
            });
            prediction[kept] = Enumerable.Range(0, 3).Min(_ => Milliseconds(() => classifier!.Predict(image, probabilities)));
            classifier!.Dispose();
        }

        Array.Sort(reading);
        Array.Sort(prediction);
        Array.Sort(loading);
        return (reading, prediction, loading);
    }

    private static Preprocessing Write(string model, string path)
    {
        Network network = ModelRegistry.Create(model);
        using ParameterStore state = new(network);
        state.Initialize(1);
        Preprocessing preprocessing = new() { Height = network.Height, Width = network.Width };
        string[] classes = [.. Enumerable.Range(0, network.Classes).Select(i => $"class {i}")];
        Checkpoint.Save(path, new ModelInfo(model, new ModelOptions(network.Classes), classes, preprocessing), state);
        return preprocessing;
    }

    private static void Read(string path, byte[] buffer)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        while (file.Read(buffer) > 0)
        {
        }
    }

    private static double Milliseconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Middle(double[] sorted) => sorted[sorted.Length / 2];

    private static void Row(string what, double[] sorted) => Console.WriteLine($"{what,-32}{sorted[0],8:F1}{Middle(sorted),8:F1}");
}
