using System.Globalization;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Load;

/// <summary>Images a second over HTTP beside those of the network alone, and beside those of ONNX Runtime behind an equal server.</summary>
internal static class Throughput
{
    private const int Batch = 8;

    // A runtime that adds in another order, and runs batches by other kernels.
    private const double PeerTolerance = 0.01;

    // .NET compiles what is called often a second time, beside the requests, which takes a while where processors are few.
    private static readonly TimeSpan _firstWarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(1);

    /// <summary>Measures in turns.</summary>
    /// <param name="options">Network, images, program and options of the server.</param>
    /// <param name="clients">Clients of which each waits for its answer.</param>
    /// <param name="peerArguments">Configuration of the peer.</param>
    /// <param name="rounds">Turns of each.</param>
    /// <param name="seconds">Seconds of a turn.</param>
    public static async Task<bool> RunAsync(
        ServerOptions options, int clients, IReadOnlyList<string> peerArguments, int rounds, double seconds)
    {
        using Workplace place = new();
        string checkpoint = place.Save(options.Network, "model.safetensors", seed: 1);
        string onnx = Workplace.Export(checkpoint);
        IReadOnlyList<Question> questions = Question.Of(Workplace.Images(options.Images), checkpoint);
        using ServerUnderTest fovea =
            await ServerUnderTest.StartFoveaAsync(options.Program, [$"--Fovea:Checkpoints:0=m={checkpoint}", .. options.Arguments]);
        using ServerUnderTest peer =
            await ServerUnderTest.StartPeerAsync([$"--Onnx={onnx}", $"--Checkpoint={checkpoint}", .. peerArguments]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Network}, {clients} clients, {Environment.ProcessorCount} processors, JPEG files of "
            + $"{questions.Average(question => question.Image.Length) / 1024:F0} KiB"));
        (List<double> network, List<double> ours, List<double> theirs) = ([], [], []);
        bool right = true;
        for (int round = 0; round < rounds; round++)
        {
            network.Add(Alone(options.Network, seconds));
            TimeSpan warmUp = round == 0 ? _firstWarmUp : _warmUp;
            ours.Add(await ServedAsync("Fovea", fovea, 0, warmUp));
            theirs.Add(await ServedAsync("ONNX Runtime", peer, PeerTolerance, warmUp));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"medians: fovea bench at batch {Batch} {Median(network):F1}, Fovea's server {Median(ours):F1}, ONNX Runtime's "
            + $"{Median(theirs):F1} images/s; {Median(ours) / Median(network):F3} × the network alone, "
            + $"{Median(ours) / Median(theirs):F3} × ONNX Runtime's server"));
        return right;

        async Task<double> ServedAsync(string name, ServerUnderTest server, double tolerance, TimeSpan warmUp)
        {
            using LoadGenerator load = new(new Uri(server.Address, "/v1/models/m/predict?top=1"), questions, tolerance);
            await load.ClosedAsync(clients, TimeSpan.Zero, warmUp);
            TimeSpan before = server.ProcessorTime;
            LoadReport report = await load.ClosedAsync(clients, TimeSpan.Zero, TimeSpan.FromSeconds(seconds));
            double milliseconds = (server.ProcessorTime - before).TotalMilliseconds / report.Right;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name,-14}{report}  {milliseconds:F1} ms of processors an image"));
            right &= report.MixedUp + report.Failed + report.Unanswered == 0;
            return report.Rate;
        }
    }

    private static double Alone(string name, double seconds)
    {
        using WorkerPool pool = new(Environment.ProcessorCount);
        Benchmark speed = Benchmark.Inference(
            ModelRegistry.Create(name, new ModelOptions()), Batch, pool, TimeSpan.FromSeconds(seconds));
        double milliseconds = speed.Fastest.TotalMilliseconds * Environment.ProcessorCount / Batch;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{"network alone",-14}{speed.ImagesPerSecond:F1} images/s at batch {Batch}, {milliseconds:F1} ms of processors an image"));
        return speed.ImagesPerSecond;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
