namespace Fovea.Engine.Kernels;

/// <summary>Cuts scratch memory into pieces that begin at cache lines; without memory it tells how much they take.</summary>
/// <param name="memory">The memory, or null.</param>
internal unsafe ref struct ScratchAllocator(float* memory)
{
    private const int LineFloats = 16;

    private readonly float* _memory = memory;

    /// <summary>Floats taken so far.</summary>
    public nint Floats { get; private set; }

    /// <summary>The next piece.</summary>
    public float* Take(nint floats)
    {
        float* piece = _memory + Floats;
        Floats += (floats + LineFloats - 1) / LineFloats * LineFloats;
        return piece;
    }
}
