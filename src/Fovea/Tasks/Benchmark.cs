using System.Diagnostics;
using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Speed of a network on batches of images on this machine, on noise.</summary>
/// <param name="Batch">Images in a batch.</param>
/// <param name="Median">Median time of a batch.</param>
/// <param name="Fastest">Shortest time of a batch.</param>
/// <param name="PlannedBytes">
/// Bytes of weights, statistics, the plan's memory and, in training, gradients and the optimiser's state.
/// </param>
/// <param name="ResidentBytes">Growth of the process in bytes.</param>
public sealed record Benchmark(int Batch, TimeSpan Median, TimeSpan Fastest, long PlannedBytes, long ResidentBytes)
{
    private const int MinRuns = 5;

    /// <summary>Images in a second, at the median time.</summary>
    public double ImagesPerSecond => Batch / Median.TotalSeconds;

    /// <summary>Measures inference. The network stays as it is; weights that it does not have yet are fresh and go afterwards.</summary>
    /// <param name="network">The network, part of a model or of none.</param>
    /// <param name="batch">Images in a batch.</param>
    /// <param name="pool">Threads to run on.</param>
    /// <param name="duration">Time to measure; a third as long is run before, so that the runtime has compiled what it will.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static Benchmark Inference(
        Network network, int batch, WorkerPool pool, TimeSpan duration, CancellationToken cancellation = default)
    {
        long before = Resident();
        using ParameterStore parameters = WithWeights(network);
        using Plan plan = Plan.Compile(InferenceGraph.Build(network, batch), pool);
        FillWithNoise(plan.Input(InferenceGraph.Images));
        return Measure(plan.Run, batch, Held(parameters) + plan.Memory.Total, before, duration, cancellation);
    }

    /// <summary>Measures whole steps of training: forward, backward, AdamW. The network stays as it is.</summary>
    /// <param name="network">
    /// A network that is part of no model, as training changes weights; those here are fresh and go afterwards.
    /// </param>
    /// <param name="batch">Images in a batch.</param>
    /// <param name="pool">Threads to run on.</param>
    /// <param name="duration">Time to measure; a third as long is run before.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <exception cref="InvalidOperationException">The network is part of a model.</exception>
    public static Benchmark Training(
        Network network, int batch, WorkerPool pool, TimeSpan duration, CancellationToken cancellation = default)
    {
        long before = Resident();
        using ParameterStore parameters = new(network);
        parameters.Initialize(1);
        using GradientBlock gradients = new(parameters.Trained);
        ComputeGraph graph = NetworkStep.Build(network, parameters, batch);
        using Plan plan = Plan.Compile(graph, pool, gradients);
        using AdamW optimizer = new(gradients, 0.05, WeightDecay.Groups, pool);
        FillWithNoise(plan.Input(InferenceGraph.Images));
        long planned = Held(parameters) + plan.Memory.Total + gradients.Bytes + optimizer.State.Sum(memory => memory.Bytes);
        return Measure(Step, batch, planned, before, duration, cancellation);

        void Step()
        {
            plan.Run();

            // A small rate: noise has nothing to teach, and the weights shall stay ordinary.
            optimizer.Step(1e-6);
        }
    }

    /// <summary>Gives the network's own parameters, or fresh ones that go when they are disposed of.</summary>
    internal static ParameterStore WithWeights(Network network)
    {
        bool areFresh = ParameterStore.TensorsOf(network).Values.FirstOrDefault()?.Owner is null;
        ParameterStore parameters = ParameterStore.Describe(network);
        if (areFresh)
        {
            parameters.Initialize(1);
        }

        return parameters;
    }

    /// <summary>Fills images with noise, so that what depends on them has something to do.</summary>
    internal static void FillWithNoise(Span<float> values)
    {
        KeyedRandom noise = new(1, 2);
        foreach (ref float value in values)
        {
            value = (float)noise.NextDouble(-2, 2);
        }
    }

    private static long Held(ParameterStore parameters) => parameters.Weights.Bytes + parameters.Statistics.Bytes;

    private static Benchmark Measure(
        Action run, int batch, long planned, long residentBefore, TimeSpan duration, CancellationToken cancellation)
    {
        Repeat(run, duration / 3, cancellation);
        List<TimeSpan> times = Repeat(run, duration, cancellation);
        times.Sort();
        return new Benchmark(batch, times[times.Count / 2], times[0], planned, Math.Max(Resident() - residentBefore, 0));
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

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Environment.WorkingSet;
    }
}
