using Fovea.Engine.Compile;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution;

/// <summary>
/// A device that runs graphs. It has the passes of <see cref="Pipeline"/> plan a graph by its <see cref="Costs"/> and makes a
/// <see cref="Plan"/> of what they give. Graphs, gradients, passes and models know no executor.
/// </summary>
public abstract class Executor
{
    private static Executor? _default;

    /// <summary>
    /// The executor of callers that name none: the processor's, on <see cref="WorkerPool.Shared"/>, unless another was set.
    /// </summary>
    public static Executor Default
    {
        get => _default ?? throw new InvalidOperationException("No executor is there: set Executor.Default.");
        set => _default = value;
    }

    /// <summary>The figures by which passes plan for this device.</summary>
    public abstract CostModel Costs { get; }

    /// <summary>An executor of the same device on other threads.</summary>
    /// <param name="pool">The threads.</param>
    public abstract Executor On(WorkerPool pool);

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">The graph. One that was built for inference has its normalisations folded and its weights packed once.</param>
    /// <param name="options">Gradients, shared weights; the defaults where null.</param>
    /// <exception cref="NotSupportedException">The device has no kernel for an operation.</exception>
    public abstract Plan Compile(ComputeGraph graph, PlanOptions? options = null);

    /// <summary>
    /// The memory that a plan of the graph would hold. Everything is planned as for a run, but no memory is taken and nothing runs.
    /// </summary>
    /// <param name="graph">The graph.</param>
    /// <param name="options">Gradients; the defaults where null.</param>
    /// <param name="threads">The threads that would run it; the executor's own where null.</param>
    public abstract MemoryFigures Estimate(ComputeGraph graph, PlanOptions? options = null, int? threads = null);

    /// <summary>A store of what plans compute from weights once and may share: folded and packed weights.</summary>
    public abstract PackedWeights CreatePackedWeights();

    /// <summary>
    /// The most multiply-adds that the device reaches, in GFLOP/s (a multiply-add counts as two), measured now: the roof under which
    /// kernels are judged.
    /// </summary>
    /// <param name="threads">The threads that compute together.</param>
    /// <param name="seconds">Seconds to measure.</param>
    public abstract double MeasurePeak(int threads, double seconds = 0.2);

    /// <summary>
    /// The bytes that the device reads and writes in a second, in GB/s, when it copies memory that no cache holds, measured now.
    /// </summary>
    /// <param name="threads">The threads that copy together.</param>
    /// <param name="seconds">Seconds to measure.</param>
    public abstract double MeasureBandwidth(int threads, double seconds = 0.2);
}
