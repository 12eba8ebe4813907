namespace Fovea.Engine.Execution;

/// <summary>The memory of a plan in bytes. Weights and gradients are not counted: plans share them.</summary>
/// <param name="Arena">Values during a run, inputs and outputs among them.</param>
/// <param name="Persistent">
/// Folded and packed weights and tables that the plan computed from weights; what it found in a shared store is not counted again.
/// </param>
/// <param name="Scratch">Working memory of the threads.</param>
public sealed record MemoryFigures(long Arena, long Persistent, long Scratch)
{
    /// <summary>All of it.</summary>
    public long Total => Arena + Persistent + Scratch;
}
