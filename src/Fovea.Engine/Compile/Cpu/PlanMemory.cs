using Fovea.Engine.Memory;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>The memory that a plan holds.</summary>
/// <param name="Arena">Values while a run goes on.</param>
/// <param name="Persistent">Results of the constant stage.</param>
/// <param name="Scratch">Scratch memory of the threads.</param>
internal sealed record PlanMemory(AlignedMemory Arena, AlignedMemory Persistent, AlignedMemory Scratch) : IDisposable
{
    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Arena.Dispose();
        Persistent.Dispose();
        Scratch.Dispose();
    }
}

/// <summary>The memory of a plan in bytes. Weights and gradients are not counted: plans share them.</summary>
/// <param name="Arena">Values while a run goes on.</param>
/// <param name="Persistent">Results of the constant stage: folded and packed weights, tables.</param>
/// <param name="Scratch">Scratch memory of the threads.</param>
public sealed record MemoryFigures(long Arena, long Persistent, long Scratch)
{
    /// <summary>All of it.</summary>
    public long Total => Arena + Persistent + Scratch;
}
