using System.Runtime.InteropServices;

namespace Fovea.Engine.Memory;

/// <summary>
/// Zeroed memory outside the managed heap, aligned to a cache line and followed by one readable line, for kernels to work on.
/// </summary>
public sealed unsafe class AlignedMemory : IDisposable
{
    private const int Line = 64;
    private const long HugeFrom = 4 << 20;
    private static readonly long _pressureFrom = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
    private static long _takenByAll;
    private readonly long _taken;
    private readonly bool _isMapped;
    private readonly bool _isKnownToCollector;
    private readonly void* _pointer;
    private void* _allocated;
    private volatile bool _isDisposed;

    // The owner, until it disposes of the memory, and everyone who is at work on it.
    private int _users = 1;

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="hugePages">
    /// Whether all of it will be written, so that the system, where it can, should hand out a large block in pages of 2 MiB: less than half
    /// the cost.
    /// </param>
    /// <exception cref="OutOfMemoryException">There is not that much.</exception>
    public AlignedMemory(long bytes, bool hugePages = false)
    {
        Bytes = bytes;
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

        // The collector answers to a large block with a collection of everything, which takes about ten milliseconds: it is told where memory may run short.
        _isKnownToCollector = Interlocked.Add(ref _takenByAll, _taken) > _pressureFrom;
        if (_isKnownToCollector)
        {
            GC.AddMemoryPressure(_taken);
        }
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
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return (byte*)_pointer;
        }
    }

    /// <summary>A window of floats, offset and length in floats.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window leaves the memory.</exception>
    public Span<float> Floats(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Bytes / sizeof(float));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((offset + length) * sizeof(float), Bytes, nameof(length));
        return new Span<float>(FloatPointer + offset, length);
    }

    /// <summary>Begins work on the memory: until <see cref="Leave"/> it stays where it is, whoever disposes of it.</summary>
    /// <exception cref="ObjectDisposedException">The memory was disposed of.</exception>
    internal void Enter()
    {
        int users;
        do
        {
            users = Volatile.Read(ref _users);
            ObjectDisposedException.ThrowIf(users == 0 || _isDisposed, this);
        }
        while (Interlocked.CompareExchange(ref _users, users + 1, users) != users);
    }

    /// <summary>Ends work on the memory.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Free();
        }
    }

    /// <summary>Frees the memory, or leaves that to the last one who is still at work on it.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            Leave();
            GC.SuppressFinalize(this);
        }
    }

    private void Free()
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
        Interlocked.Add(ref _takenByAll, -_taken);
        if (_isKnownToCollector)
        {
            GC.RemoveMemoryPressure(_taken);
        }
    }
}
