using System.Diagnostics;
using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>How fast a network takes batches of images on this machine, with fresh weights and on noise.</summary>
/// <param name="Batch">Images in a batch.</param>
/// <param name="Median">The median time of a batch.</param>
/// <param name="Best">The shortest time of a batch.</param>
/// <param name="PlannedBytes">Weights, statistics, the plan's memory and, in training, the optimiser's.</param>
/// <param name="ResidentBytes">By how much the process grew.</param>
public sealed record Speed(int Batch, TimeSpan Median, TimeSpan Best, long PlannedBytes, long ResidentBytes)
{
    private const int MinRuns = 5;

    /// <summary>Images in a second, at the median time.</summary>
    public double ImagesPerSecond => Batch / Median.TotalSeconds;

    /// <summary>Measures inference.</summary>
    /// <param name="network">A network that is part of no <see cref="ParameterStore"/>; it stays so.</param>
    /// <param name="batch">Images in a batch.</param>
    /// <param name="pool">The threads to run on.</param>
    /// <param name="duration">How long to measure; a third as long is run before, so that the runtime has compiled what it will.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static Speed OfInference(Network network, int batch, WorkerPool pool, TimeSpan duration, CancellationToken cancellation = default)
    {
        long before = Resident();
        using ParameterStore state = new(network);
        state.Initialize(1);
        using Plan plan = Plan.Compile(InferenceGraph.Build(network, batch), pool);
        FillWithNoise(plan.Input("images"));
        return Measure(plan.Run, batch, Held(state) + plan.Memory.Total, before, duration, cancellation);
    }

    /// <summary>Measures whole steps of training: forward, backward, AdamW.</summary>
    /// <param name="network">A network that is part of no <see cref="ParameterStore"/>; it stays so.</param>
    /// <param name="batch">Images in a batch.</param>
    /// <param name="pool">The threads to run on.</param>
    /// <param name="duration">How long to measure; a third as long is run before.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static Speed OfTraining(Network network, int batch, WorkerPool pool, TimeSpan duration, CancellationToken cancellation = default)
    {
        long before = Resident();
        using ParameterStore state = new(network);
        state.Initialize(1);
        using GradientBlock gradients = new(state.Trained);
        using Plan plan = Plan.Compile(ClassificationGraph.Training(network, state, batch, network.Height, network.Width), pool, gradients);
        using AdamW optimizer = new(gradients, 0.05, WeightDecay.Groups, pool);
        FillWithNoise(plan.Input("images"));
        long planned = Held(state) + plan.Memory.Total + gradients.Bytes + optimizer.State.Sum(memory => memory.Bytes);
        return Measure(Step, batch, planned, before, duration, cancellation);

        void Step()
        {
            plan.Run();

            // A small rate: noise has nothing to teach, and the weights shall stay ordinary.
            optimizer.Step(1e-6);
        }
    }

    private static long Held(ParameterStore state) => state.Weights.Bytes + state.Statistics.Bytes;

    private static Speed Measure(Action run, int batch, long planned, long residentBefore, TimeSpan duration, CancellationToken cancellation)
    {
        Repeat(run, duration / 3, cancellation);
        List<TimeSpan> times = Repeat(run, duration, cancellation);
        times.Sort();
        return new Speed(batch, times[times.Count / 2], times[0], planned, Math.Max(Resident() - residentBefore, 0));
    }

    private static List<TimeSpan> Repeat(Action run, TimeSpan duration, CancellationToken cancellation)
    {
        List<TimeSpan> times = [];
        for (long start = Stopwatch.GetTimestamp(); times.Count < MinRuns || Stopwatch.GetElapsedTime(start) < duration;)
        {
            cancellation.ThrowIfCancellationRequested();
            long before = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(before));
        }

        return times;
    }

    private static void FillWithNoise(Span<float> values)
    {
        KeyedRandom noise = new(1, 2);
        foreach (ref float value in values)
        {
            value = (float)noise.NextDouble(-2, 2);
        }
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Environment.WorkingSet;
    }
}
