using System.Diagnostics;
using Fovea.Engine;
using Fovea.Engine.Compile.Cpu;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>How fast a network classifies batches of pictures on this machine.</summary>
/// <param name="Batch">Pictures in a batch.</param>
/// <param name="Median">The median time of a batch.</param>
/// <param name="Best">The shortest time of a batch.</param>
public sealed record InferenceSpeed(int Batch, TimeSpan Median, TimeSpan Best)
{
    private const int FewestRuns = 5;

    /// <summary>Pictures in a second, at the median time.</summary>
    public double ImagesPerSecond => Batch / Median.TotalSeconds;

    /// <summary>Measures a network with fresh weights, on noise.</summary>
    /// <param name="network">A network that is not part of a <see cref="ModuleState"/> yet.</param>
    /// <param name="batch">Pictures in a batch.</param>
    /// <param name="pool">The threads to run on.</param>
    /// <param name="duration">How long to measure; a third as long is run before, so that the runtime has compiled what it will.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static InferenceSpeed Measure(Network network, int batch, WorkerPool pool, TimeSpan duration, CancellationToken cancellation = default)
    {
        using ModuleState state = new(network);
        state.Initialize(1);
        ComputeGraph graph = new();
        graph.Output("logits", network.Forward(graph.Input("pictures", [batch, network.Height, network.Width, 3])));
        using Plan plan = Plan.Compile(graph, pool);
        KeyedRandom noise = new(1, 2);
        foreach (ref float value in plan.Input("pictures"))
        {
            value = (float)noise.NextDouble(-2, 2);
        }

        Repeat(plan, duration / 3, cancellation);
        List<TimeSpan> times = Repeat(plan, duration, cancellation);
        times.Sort();
        return new InferenceSpeed(batch, times[times.Count / 2], times[0]);
    }

    private static List<TimeSpan> Repeat(Plan plan, TimeSpan duration, CancellationToken cancellation)
    {
        List<TimeSpan> times = [];
        for (long start = Stopwatch.GetTimestamp(); times.Count < FewestRuns || Stopwatch.GetElapsedTime(start) < duration;)
        {
            cancellation.ThrowIfCancellationRequested();
            long before = Stopwatch.GetTimestamp();
            plan.Run();
            times.Add(Stopwatch.GetElapsedTime(before));
        }

        return times;
    }
}
