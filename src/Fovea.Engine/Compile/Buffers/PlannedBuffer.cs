namespace Fovea.Engine.Compile.Buffers;

/// <summary>
/// A piece of memory that calls read and write, as an offset into a region. Its lifetime is known once all calls are; an executor adds the
/// address by deriving from it.
/// </summary>
/// <param name="bytes">The size.</param>
/// <param name="placement">The region.</param>
/// <param name="name">The name in errors and tables.</param>
internal class PlannedBuffer(long bytes, Placement placement, string name)
{
    private PlannedBuffer? _root;

    /// <summary>The name in errors and tables.</summary>
    public string Name { get; } = name;

    /// <summary>The size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>The region.</summary>
    public Placement Placement { get; } = placement;

    /// <summary>Bytes from the beginning of the region.</summary>
    public long Offset { get; set; }

    /// <summary>Index of the first call that touches the buffer.</summary>
    public int FirstCall { get; private set; } = int.MaxValue;

    /// <summary>Index of the last call that touches the buffer, −1 where none does.</summary>
    public int LastCall { get; private set; } = -1;

    /// <summary>The buffer whose memory this one takes over; itself where it takes over none.</summary>
    public PlannedBuffer Root => _root is null ? this : _root.Root;

    /// <summary>Notes that a call touches the buffer.</summary>
    /// <param name="call">The call's index.</param>
    public void UsedAt(int call)
    {
        PlannedBuffer root = Root;
        root.FirstCall = Math.Min(root.FirstCall, call);
        root.LastCall = Math.Max(root.LastCall, call);
    }

    /// <summary>Puts this buffer into another one's memory.</summary>
    /// <param name="other">The buffer that gives its memory.</param>
    public void AliasTo(PlannedBuffer other)
    {
        PlannedBuffer root = Root;
        _root = other.Root;
        if (root.LastCall >= 0)
        {
            _root.UsedAt(root.FirstCall);
            _root.UsedAt(root.LastCall);
        }
    }
}
