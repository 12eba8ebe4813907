using System.Runtime.InteropServices;

namespace Fovea.Engine.Memory;

/// <summary>Zeroed memory outside the managed heap, aligned to a cache line and followed by one readable line, for kernels to work on.</summary>
public sealed unsafe class AlignedMemory : IDisposable
{
    private const uint Line = 64;
    private const uint HugePage = 2 << 20;
    private const int PreferHugePages = 14;
    private const int PopulateForWriting = 23;

    // From this size on the C library takes memory from the system for each block by itself and gives it back at once, and with it what was advised.
    private const long AloneFrom = 32 << 20;
    private static readonly long _hushedUntil = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
    private static long _takenByAll;
    private static readonly delegate* unmanaged<void*, nuint, int, int> _advise = FindAdvise();
    private readonly long _taken;
    private readonly bool _isKnownToCollector;
    private void* _allocated;
    private void* _pointer;

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">How much.</param>
    /// <exception cref="OutOfMemoryException">There is not that much.</exception>
    public AlignedMemory(long bytes)
        : this(bytes, hugePages: false)
    {
    }

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">How much.</param>
    /// <param name="hugePages">
    /// Whether all of it will be written, so that the system, where it can, should hand out a large block in pages of 2 MiB: less than half the cost.
    /// </param>
    /// <exception cref="OutOfMemoryException">There is not that much.</exception>
    internal AlignedMemory(long bytes, bool hugePages)
    {
        hugePages &= _advise != null && bytes >= AloneFrom;
        nuint alignment = hugePages ? HugePage : Line;
        Bytes = bytes;
        _taken = ((bytes + Line - 1) / Line * Line) + Line + (nint)alignment;

        // Zeroed by the system page by page as it is touched, which costs nothing for what a run never reaches.
        _allocated = NativeMemory.AllocZeroed((nuint)_taken);
        _pointer = (void*)(((nuint)_allocated + alignment - 1) & ~(alignment - 1));
        if (hugePages)
        {
            // Whole huge pages only, so that no more memory is used than without.
            _ = _advise(_pointer, (nuint)bytes & ~(alignment - 1), PreferHugePages);
        }

        // The collector answers to a large block with a collection of everything, which takes about ten milliseconds: it is told where memory may run short.
        _isKnownToCollector = Interlocked.Add(ref _takenByAll, _taken) > _hushedUntil;
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

    /// <summary>
    /// Has the system hand out memory that is about to be written from end to end, in one call instead of page by page as it is touched: some two thirds of the cost.
    /// Does nothing where the system cannot.
    /// </summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="bytes">How much; pages that it does not fill are left as they are.</param>
    internal static void Populate(byte* start, long bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint first = ((nuint)start + page - 1) & ~(page - 1);
        nuint last = (nuint)(start + bytes) & ~(page - 1);
        if (_advise != null && last > first)
        {
            // A kernel that does not know the advice answers with an error, and nothing is lost.
            _ = _advise((void*)first, last - first, PopulateForWriting);
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static delegate* unmanaged<void*, nuint, int, int> FindAdvise() =>
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "madvise", out nint advise)
            ? (delegate* unmanaged<void*, nuint, int, int>)advise
            : null;

    private void Free()
    {
        if (_allocated is not null)
        {
            NativeMemory.Free(_allocated);
            _allocated = null;
            _pointer = null;
            Interlocked.Add(ref _takenByAll, -_taken);
            if (_isKnownToCollector)
            {
                GC.RemoveMemoryPressure(_taken);
            }
        }
    }
}
