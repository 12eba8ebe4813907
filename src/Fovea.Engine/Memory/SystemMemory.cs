using System.Runtime.InteropServices;

namespace Fovea.Engine.Memory;

/// <summary>
/// Linux calls that make large blocks of memory cheap: huge pages and mappings. On other systems every method returns false or null.
/// </summary>
internal static unsafe class SystemMemory
{
    /// <summary>The size of a huge page.</summary>
    public const int HugePage = 2 << 20;

    private const int ReadAndWrite = 3;
    private const int PrivateAndAnonymous = 0x22;
    private const int PreferHugePages = 14;
    private const int PopulateForWriting = 23;
    private static readonly delegate* unmanaged<void*, nuint, int, int, int, nint, void*> _map =
        (delegate* unmanaged<void*, nuint, int, int, int, nint, void*>)Find("mmap");
    private static readonly delegate* unmanaged<void*, nuint, int> _unmap = (delegate* unmanaged<void*, nuint, int>)Find("munmap");
    private static readonly delegate* unmanaged<void*, nuint, int, int> _advise =
        (delegate* unmanaged<void*, nuint, int, int>)Find("madvise");

    /// <summary>
    /// Takes zeroed memory that begins somewhere in its first huge page, for which the system is asked to use such pages from the first
    /// border on, as far as they fill the given size; null where that cannot be done. A page is handed out whole when it is first touched.
    /// </summary>
    /// <param name="bytes">Number of bytes, the way to the first border included.</param>
    /// <param name="used">Number of bytes from the first border on that will be touched.</param>
    public static void* TakeInHugePages(nuint bytes, nuint used)
    {
        if (_map == null || _unmap == null || _advise == null)
        {
            return null;
        }

        void* start = _map(null, bytes, ReadAndWrite, PrivateAndAnonymous, -1, 0);
        if (start == (void*)-1)
        {
            return null;
        }

        // A system that has no such pages answers with an error, and its small ones serve as well.
        _ = _advise(Align(start, HugePage), used & ~(nuint)(HugePage - 1), PreferHugePages);
        return start;
    }

    /// <summary>Gives back what <see cref="TakeInHugePages"/> took.</summary>
    public static void Unmap(void* start, nuint bytes) => _ = _unmap(start, bytes);

    /// <summary>
    /// Has the system hand out memory that is about to be written from end to end, in one call instead of page by page as it is touched:
    /// some two thirds of the cost. Does nothing where the system cannot.
    /// </summary>
    /// <param name="start">Start of the block.</param>
    /// <param name="bytes">Number of bytes; pages that the block does not fill are left as they are.</param>
    public static void Populate(byte* start, long bytes)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint first = (nuint)Align(start, page);
        nuint last = (nuint)(start + bytes) & ~(page - 1);
        if (_advise != null && last > first)
        {
            // A kernel that does not know the advice answers with an error, and nothing is lost.
            _ = _advise((void*)first, last - first, PopulateForWriting);
        }
    }

    /// <summary>The first address from a place on that is a multiple of a power of two.</summary>
    public static void* Align(void* place, nuint alignment) => (void*)(((nuint)place + alignment - 1) & ~(alignment - 1));

    private static void* Find(string function) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), function, out nint found)
            ? (void*)found
            : null;
}
