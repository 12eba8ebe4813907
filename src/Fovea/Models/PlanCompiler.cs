using Fovea.Engine.Execution;

namespace Fovea.Models;

/// <summary>
/// Compiles plans of one network that share one store of packed weights, whatever their batch, image size and outputs. Any number of
/// threads may compile at the same time; graphs are built one after another, as a network builds one at a time.
/// </summary>
internal sealed class PlanCompiler : IDisposable
{
    private readonly Lock _building = new();

    /// <summary>Folded and packed weights of all plans.</summary>
    public PackedWeights Packed { get; } = Executor.Default.CreatePackedWeights();

    /// <summary>
    /// Puts weights back that were given up after they had been packed; null where all are kept. A plan that needs one of them in another
    /// form than those before it calls this once and goes on.
    /// </summary>
    public Action? RestoreWeights { get; set; }

    /// <summary>Builds something of the network while nobody else does.</summary>
    /// <param name="build">Builds it.</param>
    public T Build<T>(Func<T> build)
    {
        lock (_building)
        {
            return build();
        }
    }

    /// <summary>Compiles a graph.</summary>
    /// <param name="build">Builds the graph.</param>
    /// <param name="threads">Threads of the plan; the shared pool where null.</param>
    /// <param name="sameBitsInBatch">As <see cref="PlanOptions.SameBitsInBatch"/> has it.</param>
    public Plan Compile(Func<ComputeGraph> build, WorkerPool? threads = null, bool sameBitsInBatch = false)
    {
        ComputeGraph graph = Build(build);
        PlanOptions options = new() { PackedWeights = Packed, SameBitsInBatch = sameBitsInBatch };
        try
        {
            return Plan.Compile(graph, options, threads);
        }
        catch (InvalidOperationException error) when (RestoreWeights is not null && error is not ObjectDisposedException)
        {
            RestoreWeights();
            return Plan.Compile(graph, options, threads);
        }
    }

    /// <summary>Bytes that a plan takes, which are worked out without taking them.</summary>
    /// <param name="build">Builds the graph.</param>
    public long Estimate(Func<ComputeGraph> build)
    {
        ComputeGraph graph;
        lock (_building)
        {
            graph = build();
        }

        return Plan.Estimate(graph).Total;
    }

    /// <summary>Frees the packed weights, once no plan is at work on them.</summary>
    public void Dispose() => Packed.Dispose();
}
