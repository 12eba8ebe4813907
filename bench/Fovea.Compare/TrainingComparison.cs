using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Models;

namespace Fovea.Compare;

/// <summary>Steps of training held against PyTorch, by time and by memory.</summary>
internal static class TrainingComparison
{
    /// <summary>The hidden option with which the program starts itself to measure its memory; its value is the number of threads.</summary>
    public const string MemoryOption = "--measure-memory";

    private const int MemorySteps = 2;

    // A step counts as three forward passes, as is usual.
    private const int PassesOfStep = 3;

    /// <summary>Compares one case.</summary>
    /// <param name="match">How the sides take turns.</param>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="peak">The peak of the threads in GFLOP/s.</param>
    /// <param name="withPeer">Whether PyTorch is there.</param>
    /// <param name="cancellation">Stops between two turns.</param>
    public static Line Run(
        Match match, MeasuredModel model, int batch, int threads, double peak, bool withPeer, CancellationToken cancellation)
    {
        using FoveaTraining ours = new(model, batch, threads);
        using Peer? peer = withPeer && PyTorch.Has(model) ? PyTorch.Start() : null;
        if (peer is not null)
        {
            PyTorch.Open(peer, model, batch, threads);
        }

        Outcome outcome = match.Play(
            new InProcessSide(ours.Step, match.Clock), peer is null ? null : new PeerSide(peer, match.Clock), cancellation);
        return Line.Of(model, batch, threads, outcome, PassesOfStep * NetworkSummary.Count(model.Create()).MultiplyAdds, peak);
    }

    /// <summary>Compares the most memory that a process takes, each side in one of its own.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="withPeer">Whether PyTorch is there.</param>
    public static MemoryUse CompareMemory(MeasuredModel model, int batch, int threads, bool withPeer)
    {
        long? theirs = null;
        if (withPeer && PyTorch.Has(model))
        {
            using Peer peer = PyTorch.Start();
            PyTorch.Open(peer, model, batch, threads);
            peer.Ask("run", new JsonObject { ["runs"] = MemorySteps, ["milliseconds"] = 0 });
            theirs = (long)peer.Ask("memory", true)["bytes"]!;
        }

        Network network = model.Create();
        return new MemoryUse(model.Name, batch, network.Height, network.Width, threads, MeasureOurs(model, batch, threads), theirs);
    }

    /// <summary>Runs a few steps and prints the memory that the process took: the work of a process started to measure it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="threads">Threads to run on.</param>
    public static void PrintMemory(MeasuredModel model, int batch, int threads)
    {
        using FoveaTraining training = new(model, batch, threads);
        for (int step = 0; step < MemorySteps; step++)
        {
            training.Step();
        }

        string peak = Machine.Value("/proc/self/status", "VmHWM") ?? throw new PlatformNotSupportedException(
            "The most memory of a process is known on Linux only.");
        Console.WriteLine(1024 * long.Parse(peak.Split(' ')[0], CultureInfo.InvariantCulture));
    }

    private static long MeasureOurs(MeasuredModel model, int batch, int threads)
    {
        string[] arguments =
        [
            typeof(TrainingComparison).Assembly.Location, MemoryOption, $"{threads}", "--models", $"{model}", "--batch", $"{batch}",
        ];
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? long.Parse(answer, CultureInfo.InvariantCulture)
            : throw new PeerException(
                $"The process that measures Fovea's memory ended with exit code {process.ExitCode} (see its message above).");
    }
}
