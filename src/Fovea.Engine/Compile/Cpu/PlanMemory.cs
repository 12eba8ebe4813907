using Fovea.Engine.Memory;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>The memory that a plan holds.</summary>
/// <param name="Arena">Values while a run goes on.</param>
/// <param name="Persistent">Results of the constant stage.</param>
/// <param name="Scratch">Scratch memory of the threads.</param>
/// <param name="Gradients">The gradient block, null where no gradients are written.</param>
internal sealed record PlanMemory(AlignedMemory Arena, AlignedMemory Persistent, AlignedMemory Scratch, AlignedMemory? Gradients)
    : IDisposable
{
    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Arena.Dispose();
        Persistent.Dispose();
        Scratch.Dispose();
        Gradients?.Dispose();
    }
}

/// <summary>The memory of a plan in bytes. Weights are not counted: plans share them.</summary>
/// <param name="Arena">Values while a run goes on.</param>
/// <param name="Persistent">Results of the constant stage: folded and packed weights, tables.</param>
/// <param name="Scratch">Scratch memory of the threads.</param>
/// <param name="Gradients">The gradient block.</param>
public sealed record MemoryFigures(long Arena, long Persistent, long Scratch, long Gradients)
{
    /// <summary>All of it.</summary>
    public long Total => Arena + Persistent + Scratch + Gradients;
}
