using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea.Engine.Memory;

/// <summary>
/// Zeroed memory for values that callers see as spans, aligned to a cache line and followed by one readable line. It belongs to the
/// collector and does not move, so that a span that a caller kept stays valid when the memory is disposed of.
/// </summary>
internal sealed unsafe class PinnedMemory : DeviceMemory, IHostMemory
{
    private readonly nuint _padding;
    private CacheLine[]? _lines;

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">Number of bytes.</param>
    /// <exception cref="OutOfMemoryException">There is not that much.</exception>
    public PinnedMemory(long bytes)
        : base(bytes)
    {
        // Lines instead of floats, as an array has at most 2³¹ elements.
        _lines = GC.AllocateArray<CacheLine>(checked((int)((bytes + sizeof(CacheLine) - 1) / sizeof(CacheLine)) + 2), pinned: true);
        nuint misplaced = (nuint)Unsafe.AsPointer(ref _lines[0]) % (nuint)sizeof(CacheLine);
        _padding = ((nuint)sizeof(CacheLine) - misplaced) % (nuint)sizeof(CacheLine);
        TakenMemory.Add(SizeOf(_lines));
    }

    /// <summary>Counts memory as freed that nobody disposed of.</summary>
    ~PinnedMemory() => Free();

    /// <inheritdoc/>
    public float* FloatPointer => (float*)Unsafe.AsPointer(ref First);

    private ref float First
    {
        get
        {
            CacheLine[] lines = Volatile.Read(ref _lines) ?? throw new ObjectDisposedException(nameof(PinnedMemory));
            return ref Unsafe.As<CacheLine, float>(ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(lines), _padding));
        }
    }

    /// <inheritdoc/>
    public override Span<float> Floats(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Bytes / sizeof(float));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((offset + length) * sizeof(float), Bytes, nameof(length));
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return MemoryMarshal.CreateSpan(ref Unsafe.Add(ref First, (nint)offset), length);
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        if (Interlocked.Exchange(ref _lines, null) is { } lines)
        {
            TakenMemory.Add(-SizeOf(lines));
        }
    }

    private static long SizeOf(CacheLine[] lines) => lines.LongLength * sizeof(CacheLine);

    [InlineArray(16)]
    private struct CacheLine
    {
        private float _first;
    }
}
