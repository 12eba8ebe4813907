using System.Runtime.InteropServices;

namespace Fovea.Engine.Memory;

/// <summary>
/// Asks the system to back large blocks of memory with large pages: weights and maps are walked over end to end, and small pages cost a fault each when
/// they are first touched and a look-up of their address when they are read. Where the system has none, nothing changes.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>The size of a large page, and where it must begin.</summary>
    public const int PageBytes = 2 << 20;

    // MADV_HUGEPAGE of Linux' madvise.
    private const int AdviceHugePage = 14;

    /// <summary>Whether a block is large enough for the alignment to be no waste.</summary>
    public static bool Worthwhile(long bytes) => OperatingSystem.IsLinux() && bytes >= 4 * PageBytes;

    /// <summary>Asks for large pages under a block that begins at such a page and was not touched yet.</summary>
    public static void Ask(void* pointer, long bytes)
    {
        try
        {
            // It is advice: a refusal changes nothing.
            _ = Advise(pointer, (nuint)(bytes / PageBytes * PageBytes), AdviceHugePage);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without the C library under this name.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
