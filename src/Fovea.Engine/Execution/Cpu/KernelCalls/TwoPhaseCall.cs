using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>
/// A call that computes partial results in parts (first phase) and merges them in fixed order (second phase, where there is something to
/// merge).
/// </summary>
/// <param name="node">The node.</param>
/// <param name="builder">The plan under construction.</param>
internal abstract unsafe class TwoPhaseCall(Node node, PlanBuilder builder) : NodeCall(node, builder)
{
    private CpuBuffer? _partials;

    /// <inheritdoc/>
    public sealed override int Phases => MergeParts > 0 ? 2 : 1;

    /// <summary>Independent parts of the first phase.</summary>
    protected abstract int ComputeParts { get; }

    /// <summary>Independent parts of the second phase, 0 where nothing is merged.</summary>
    protected abstract int MergeParts { get; }

    /// <summary>The partial results, null where there are none.</summary>
    protected float* Partials => _partials is null ? null : _partials.Floats;

    /// <inheritdoc/>
    public sealed override int Parts(int phase) => phase == 0 ? ComputeParts : MergeParts;

    /// <inheritdoc/>
    public sealed override void Run(int phase, int first, int last, int worker)
    {
        if (phase == 0)
        {
            Compute(first, last, ScratchOf(worker));
        }
        else
        {
            Merge(first, last);
        }
    }

    /// <summary>Plans the buffer of the partial results.</summary>
    protected void PlanPartials(long floats, PlanBuilder builder)
    {
        if (floats > 0)
        {
            _partials = Temporary(floats, builder);
        }
    }

    /// <summary>Computes a range of the first phase's parts.</summary>
    protected abstract void Compute(int first, int last, float* scratch);

    /// <summary>Merges the partial results of a range of the second phase's parts.</summary>
    protected abstract void Merge(int first, int last);
}
