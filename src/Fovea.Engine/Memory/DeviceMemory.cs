using System.Diagnostics.CodeAnalysis;

namespace Fovea.Engine.Memory;

/// <summary>
/// A block of a device's memory. It is freed by <see cref="Dispose"/>, or, where work on it has begun, when the last of it has ended.
/// </summary>
public abstract class DeviceMemory : IDisposable
{
    // The number of those at work on the memory; negative from the disposal on.
    private int _users;

    /// <summary>Describes a block.</summary>
    /// <param name="bytes">The usable size.</param>
    protected DeviceMemory(long bytes) => Bytes = bytes;

    /// <summary>The usable size in bytes.</summary>
    public long Bytes { get; }

    /// <summary>True from the disposal on.</summary>
    public bool IsDisposed => Volatile.Read(ref _users) < 0;

    /// <summary>
    /// A window of the memory as the host sees it, offset and length in floats. The window stays valid after the memory is disposed of,
    /// but nobody else reads or writes it any more.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The window leaves the memory.</exception>
    /// <exception cref="ObjectDisposedException">The memory was disposed of.</exception>
    public abstract Span<float> Floats(long offset, int length);

    /// <summary>Frees the memory once nobody is at work on it.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "Memory that somebody is still at work on keeps its finaliser.")]
    public void Dispose()
    {
        if (Interlocked.Or(ref _users, int.MinValue) == 0)
        {
            FreeNow();
        }
    }

    /// <summary>Begins work on the memory, which stays until <see cref="Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was disposed of.</exception>
    internal void Enter()
    {
        int users = Volatile.Read(ref _users);
        int seen;
        do
        {
            ObjectDisposedException.ThrowIf(users < 0, this);
            seen = users;
            users = Interlocked.CompareExchange(ref _users, seen + 1, seen);
        }
        while (users != seen);
    }

    /// <summary>Ends work on the memory.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _users) == int.MinValue)
        {
            FreeNow();
        }
    }

    /// <summary>Frees the memory. Called once; the finaliser may call it, too.</summary>
    protected abstract void Free();

    [SuppressMessage("Usage", "CA1816", Justification = "The end of a disposal.")]
    private void FreeNow()
    {
        Free();
        GC.SuppressFinalize(this);
    }
}
