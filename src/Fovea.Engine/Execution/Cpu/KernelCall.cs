using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>A kernel with the buffers that it runs on.</summary>
/// <param name="reads">The buffers that the kernel reads.</param>
/// <param name="writes">The buffers that the kernel writes.</param>
internal abstract class KernelCall(IReadOnlyList<CpuBuffer> reads, IReadOnlyList<CpuBuffer> writes) : ParallelJob
{
    /// <summary>The name under which profiles list the call.</summary>
    public abstract string Name { get; }

    /// <summary>The node that the call computes, null where it belongs to none.</summary>
    public virtual Node? Node => null;

    /// <summary>The buffers that the call reads.</summary>
    public IReadOnlyList<CpuBuffer> Reads { get; } = reads;

    /// <summary>The buffers that the call writes.</summary>
    public IReadOnlyList<CpuBuffer> Writes { get; protected init; } = writes;

    /// <summary>Buffers of this call alone: partial sums, packed operands.</summary>
    public List<CpuBuffer> Temporaries { get; } = [];

    /// <summary>All buffers that the call touches, scratch memory apart.</summary>
    public IEnumerable<CpuBuffer> Buffers => Reads.Concat(Writes).Concat(Temporaries);

    /// <summary>Operands whose memory a result of the same size may take where no later call reads them.</summary>
    public virtual IEnumerable<CpuBuffer> Overwritable => [];

    /// <summary>Scratch memory for each thread, in floats.</summary>
    public virtual long ScratchFloats => 0;

    /// <summary>The scratch memory of all threads; set when memory is laid out.</summary>
    public CpuBuffer? Scratch { get; set; }

    /// <summary>Seed and iteration of the plan's random numbers; set by the plan.</summary>
    public RandomState? Random { get; set; }

    /// <summary>Distance between the scratch memories of two threads, in floats: whole cache lines and one between.</summary>
    public static long ScratchStride(long floats) => ((floats + 15) / 16 * 16) + 16;

    /// <summary>The scratch memory of a thread.</summary>
    protected unsafe float* ScratchOf(int worker) =>
        Scratch is null ? null : Scratch.Floats + (worker * ScratchStride(ScratchFloats));
}

/// <summary>Seed and iteration, from which the random numbers of a plan follow together with their stream and index.</summary>
internal sealed class RandomState
{
    /// <summary>The seed of the run.</summary>
    public ulong Seed { get; set; }

    /// <summary>The number of the training step.</summary>
    public ulong Iteration { get; set; }
}
