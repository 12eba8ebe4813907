using Fovea.Engine.Compile;
using Fovea.Engine.Execution;

namespace Fovea.Reference;

/// <summary>
/// An executor without a device of its own: it runs graphs by the plain definitions of their operations, in nested loops on one thread.
/// Other executors are held against it; it is far too slow for anything else.
/// </summary>
/// <param name="runPasses">Whether graphs pass through the <see cref="Pipeline"/>, or are evaluated as they were built.</param>
/// <param name="errors">
/// Seed of errors: every element of every result is changed by one rounding up or down, which shows what rounding does to a graph. Results
/// are as exact as can be where null.
/// </param>
public sealed class ReferenceExecutor(bool runPasses = true, int? errors = null) : Executor
{
    /// <inheritdoc/>
    public override CostModel Costs { get; } = new();

    /// <summary>This executor: it has no threads.</summary>
    public override Executor On(WorkerPool pool) => this;

    /// <inheritdoc/>
    public override Plan Compile(ComputeGraph graph, PlanOptions? options = null) =>
        new ReferencePlan(runPasses ? Pipeline.Run(graph, Costs) : graph, options ?? new PlanOptions(), errors);

    /// <inheritdoc/>
    public override MemoryFigures Estimate(ComputeGraph graph, PlanOptions? options = null, int? threads = null) =>
        ReferencePlan.FiguresOf(graph);

    /// <summary>An empty store: nothing is computed ahead of a run.</summary>
    public override PackedWeights CreatePackedWeights() => new EmptyStore();

    /// <inheritdoc/>
    public override double MeasurePeak(int threads, double seconds = 0.2) => throw NoSpeed();

    /// <inheritdoc/>
    public override double MeasureBandwidth(int threads, double seconds = 0.2) => throw NoSpeed();

    private static NotSupportedException NoSpeed() => new("The reference executor's speed says nothing.");

    private sealed class EmptyStore : PackedWeights
    {
        public override long Bytes => 0;

        protected override void Dispose(bool disposing)
        {
        }
    }
}
