using System.Runtime.InteropServices;

namespace Fovea.Engine.Memory;

/// <summary>
/// Zeroed memory outside the managed heap, aligned to a cache line and followed by one readable line, for kernels to work on.
/// </summary>
internal sealed unsafe class AlignedMemory : DeviceMemory, IHostMemory
{
    private const int Line = 64;
    private const long HugeFrom = 4 << 20;
    private static readonly long _pressureFrom = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
    private readonly long _taken;
    private readonly bool _isMapped;
    private readonly bool _isKnownToCollector;
    private readonly void* _pointer;
    private void* _allocated;

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">Number of bytes.</param>
    /// <param name="hugePages">
    /// Whether all of it will be written, so that the system, where it can, should hand out a large block in pages of 2 MiB: less than half
    /// the cost.
    /// </param>
    /// <exception cref="OutOfMemoryException">There is not that much.</exception>
    public AlignedMemory(long bytes, bool hugePages = false)
        : base(bytes)
    {
        _taken = ((bytes + Line - 1) / Line * Line) + (2 * Line);
        if (hugePages && bytes >= HugeFrom)
        {
            long taken = _taken + SystemMemory.HugePage;
            _allocated = SystemMemory.TakeInHugePages((nuint)taken, (nuint)bytes);
            _isMapped = _allocated is not null;
            _taken = _isMapped ? taken : _taken;
        }

        // Zeroed by the system page by page as it is touched, which costs nothing for what a run never reaches.
        _allocated = _isMapped ? _allocated : NativeMemory.AllocZeroed((nuint)_taken);
        _pointer = SystemMemory.Align(_allocated, (nuint)(_isMapped ? SystemMemory.HugePage : Line));

        // The collector answers to a large block with a collection of everything, which takes about ten milliseconds: it is told where
        // memory may run short.
        _isKnownToCollector = TakenMemory.Add(_taken) > _pressureFrom;
        if (_isKnownToCollector)
        {
            GC.AddMemoryPressure(_taken);
        }
    }

    /// <summary>Frees memory that nobody disposed of.</summary>
    ~AlignedMemory() => Free();

    /// <inheritdoc/>
    public float* FloatPointer => (float*)Pointer;

    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return (byte*)_pointer;
        }
    }

    /// <inheritdoc/>
    public override Span<float> Floats(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Bytes / sizeof(float));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((offset + length) * sizeof(float), Bytes, nameof(length));
        return new Span<float>(FloatPointer + offset, length);
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        if (_allocated is null)
        {
            return;
        }

        if (_isMapped)
        {
            SystemMemory.Unmap(_allocated, (nuint)_taken);
        }
        else
        {
            NativeMemory.Free(_allocated);
        }

        _allocated = null;
        TakenMemory.Add(-_taken);
        if (_isKnownToCollector)
        {
            GC.RemoveMemoryPressure(_taken);
        }
    }
}
