using System.Diagnostics;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>One node of a plan in a profile.</summary>
/// <param name="Path">Path of the module that it belongs to.</param>
/// <param name="Operation">Name of the operation.</param>
/// <param name="Part">Part of the network: stem, a stage, head or a part of it; or "elsewhere", where several parts share it.</param>
/// <param name="Time">Median time.</param>
/// <param name="MultiplyAdds">Number of multiply-adds.</param>
/// <param name="Bytes">Bytes of its operands and results.</param>
public sealed record ProfileEntry(string Path, string Operation, string Part, TimeSpan Time, long MultiplyAdds, long Bytes)
{
    /// <summary>Operations in a second, a multiply-add counting as two, in GFLOP/s.</summary>
    public double Gflops => 2e-9 * MultiplyAdds / Time.TotalSeconds;

    /// <summary>Bytes in a second, in GB/s.</summary>
    public double GigabytesPerSecond => 1e-9 * Bytes / Time.TotalSeconds;
}

/// <summary>Times of a plan, node by node.</summary>
/// <param name="Entries">Nodes in the order in which they run.</param>
public sealed record PlanProfile(IReadOnlyList<ProfileEntry> Entries)
{
    private const string Elsewhere = "elsewhere";
    private const int FewestRuns = 3;
    private static readonly TimeSpan _longestWarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(15);

    /// <summary>The sum of the nodes' times.</summary>
    public TimeSpan Time => Sum(Entries);

    /// <summary>
    /// Profiles inference, or a training step without its optimiser. The network stays as it is; weights that it does not have yet are
    /// fresh and go afterwards.
    /// </summary>
    /// <param name="network">The network; for a training step, which changes statistics, one that is part of no model.</param>
    /// <param name="batch">Images in a batch.</param>
    /// <param name="training">True to profile a training step, false for inference.</param>
    /// <param name="pool">Threads to run on.</param>
    /// <param name="runs">
    /// Number of runs that the medians are taken over, of long ones fewer, but three at least; a few more come first.
    /// </param>
    /// <param name="cancellation">Stops the measurement.</param>
    /// <exception cref="InvalidOperationException">A training step is asked for of a network that is part of a model.</exception>
    public static PlanProfile Measure(
        Network network, int batch, bool training, WorkerPool pool, int runs = 15, CancellationToken cancellation = default)
    {
        using ParameterStore parameters = training ? new ParameterStore(network) : Benchmark.WithWeights(network);
        if (training)
        {
            parameters.Initialize(1);
        }

        ComputeGraph inference = InferenceGraph.Build(network, batch);
        ComputeGraph graph = training
            ? NetworkStep.Build(network, parameters, batch)
            : inference;
        NetworkParts parts = new(network, inference);
        using GradientBlock? gradients = training ? new(parameters.Trained) : null;
        using Plan plan = Plan.Compile(graph, pool, gradients);
        Benchmark.FillWithNoise(plan.Input(InferenceGraph.Images));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Math.Max(3, runs / 3) && Stopwatch.GetElapsedTime(start) < _longestWarmUp; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            plan.Run();
        }

        List<IReadOnlyList<(string Name, Node? Node, TimeSpan Time)>> measured = [];
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < runs && (i < FewestRuns || Stopwatch.GetElapsedTime(start) < _longest); i++)
        {
            cancellation.ThrowIfCancellationRequested();
            measured.Add(plan.Profile());
        }

        return new PlanProfile(
            [.. measured[0].Select((call, i) => Entry(call.Name, call.Node, Median(measured.Select(run => run[i].Time)), parts))]);
    }

    /// <summary>Entries joined by a key, the most expensive first.</summary>
    /// <param name="key">Key of an entry, such as its part or its operation.</param>
    public IReadOnlyList<(string Key, TimeSpan Time, long MultiplyAdds, long Bytes, int Count)> By(Func<ProfileEntry, string> key) =>
    [
        .. Entries.GroupBy(key)
            .Select(group =>
                (group.Key, Sum(group), group.Sum(entry => entry.MultiplyAdds), group.Sum(entry => entry.Bytes), group.Count()))
            .OrderByDescending(group => group.Item2),
    ];

    private static ProfileEntry Entry(string name, Node? node, TimeSpan time, NetworkParts parts) => node is null
        ? new("", name, Elsewhere, time, 0, 0)
        : new(
            node.Path,
            node.Operation.Name,
            parts.PartOf(node.Path) ?? Elsewhere,
            time,
            node.MultiplyAdds,
            node.Inputs.Distinct().Sum(input => input.Type.Bytes) + node.Outputs.Sum(output => output.Type.Bytes));

    private static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        TimeSpan[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }

    private static TimeSpan Sum(IEnumerable<ProfileEntry> entries) => new(entries.Sum(entry => entry.Time.Ticks));
}
