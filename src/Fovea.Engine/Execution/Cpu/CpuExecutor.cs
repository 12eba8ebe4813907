using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Fovea.Engine.Compile;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>Runs graphs on the processor, on the threads of a pool.</summary>
/// <param name="pool">The threads; the shared pool where null.</param>
internal sealed class CpuExecutor(WorkerPool? pool = null) : Executor
{
    /// <summary>The figures of a processor with caches of usual size.</summary>
    public static CostModel CacheCosts { get; } = new();

    /// <inheritdoc/>
    public override CostModel Costs => CacheCosts;

    private WorkerPool Pool => pool ?? WorkerPool.Shared;

    /// <inheritdoc/>
    public override Executor On(WorkerPool pool) => new CpuExecutor(pool);

    /// <inheritdoc/>
    public override Plan Compile(ComputeGraph graph, PlanOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return new CpuPlan(Pipeline.Run(graph, Costs), Pool, options ?? new PlanOptions());
    }

    /// <inheritdoc/>
    public override MemoryFigures Estimate(ComputeGraph graph, PlanOptions? options = null, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        PlanBuilder builder = new(Pipeline.Run(graph, Costs), options ?? new PlanOptions());
        return new MemoryLayout(builder, threads ?? pool?.Threads ?? Environment.ProcessorCount).Figures;
    }

    /// <inheritdoc/>
    public override PackedWeights CreatePackedWeights() => new CpuPackedWeights();

    /// <inheritdoc/>
    public override double MeasurePeak(int threads, double seconds = 0.2) => Processor.MeasurePeak(threads, seconds);

    /// <inheritdoc/>
    public override double MeasureBandwidth(int threads, double seconds = 0.2) => Processor.MeasureBandwidth(threads, seconds);

    [ModuleInitializer]
    [SuppressMessage(
        "Usage", "CA2255", Justification = "The boundary must not name the processor, so the processor names itself to the boundary.")]
    internal static void BecomeDefault() => Default = new CpuExecutor();
}
