using System.Runtime.CompilerServices;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>
/// Memory of an input or output of a plan. It belongs to the collector and does not move, so that a span of it that a caller kept stays
/// valid when the plan is gone.
/// </summary>
internal sealed unsafe class BoundaryMemory
{
    private const int Line = 64;
    private readonly byte[] _array;
    private readonly int _start;
    private readonly int _bytes;

    /// <summary>Takes memory, zeroed, aligned to a cache line and followed by one readable line.</summary>
    /// <param name="bytes">The size.</param>
    public BoundaryMemory(long bytes)
    {
        _bytes = checked((int)bytes);
        _array = GC.AllocateArray<byte>(_bytes + (2 * Line), pinned: true);
        nuint address = (nuint)Unsafe.AsPointer(ref _array[0]);
        _start = (int)((Line - (address % Line)) % Line);
    }

    /// <summary>The address of the first byte.</summary>
    public byte* Pointer => (byte*)Unsafe.AsPointer(ref _array[_start]);

    /// <summary>The memory as callers see it.</summary>
    public Span<byte> Span => _array.AsSpan(_start, _bytes);
}
