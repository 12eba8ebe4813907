namespace Fovea.Engine.Memory;

/// <summary>Count of the host memory that the engine has taken and not yet freed.</summary>
internal static class TakenMemory
{
    private static long _bytes;

    /// <summary>Bytes of all blocks.</summary>
    public static long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Counts a block that was taken, or, with a negative size, one that was freed; gives the bytes of all blocks.</summary>
    public static long Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}
