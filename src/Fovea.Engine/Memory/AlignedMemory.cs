using System.Runtime.InteropServices;

namespace Fovea.Engine.Memory;

/// <summary>Zeroed memory outside the managed heap, aligned to a cache line and followed by one readable line, for kernels to work on.</summary>
public sealed unsafe class AlignedMemory : IDisposable
{
    private const int Line = 64;
    private void* _pointer;

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">How much.</param>
    /// <exception cref="OutOfMemoryException">There is not that much.</exception>
    public AlignedMemory(long bytes)
    {
        Bytes = bytes;
        nuint total = (nuint)((bytes + Line - 1) / Line * Line) + Line;
        _pointer = NativeMemory.AlignedAlloc(total, Line);
        NativeMemory.Clear(_pointer, total);
        GC.AddMemoryPressure((long)total);
    }

    /// <summary>Frees memory that nobody disposed of.</summary>
    ~AlignedMemory() => Free();

    /// <summary>The usable size in bytes.</summary>
    public long Bytes { get; }

    internal float* FloatPointer => (float*)Pointer;

    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return (byte*)_pointer;
        }
    }

    /// <summary>A window of floats, offset and length in floats.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window leaves the memory.</exception>
    public Span<float> Floats(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(((long)offset + length) * sizeof(float), Bytes);
        return new Span<float>(FloatPointer + offset, length);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer is not null)
        {
            NativeMemory.AlignedFree(_pointer);
            _pointer = null;
            GC.RemoveMemoryPressure((Bytes + Line - 1) / Line * Line + Line);
        }
    }
}
