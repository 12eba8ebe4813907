namespace Fovea.Engine.Compile.Buffers;

/// <summary>The region of memory of a buffer of a plan.</summary>
internal enum Placement
{
    /// <summary>In the plan's arena, shared over time with others.</summary>
    Arena,

    /// <summary>Kept for the life of the plan: results of the constant stage.</summary>
    Persistent,

    /// <summary>Needed by the constant stage alone and freed after it.</summary>
    ConstantStage,

    /// <summary>Memory that someone else owns: a variable, a gradient.</summary>
    External,
}

/// <summary>A piece of memory that calls read and write; its address is decided when all calls are known.</summary>
internal sealed unsafe class PlannedBuffer(long bytes, Placement placement, string name)
{
    private PlannedBuffer? _root;
    private byte* _pointer;

    /// <summary>Name of the contents, for errors and tables.</summary>
    public string Name { get; } = name;

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>The region of memory.</summary>
    public Placement Placement { get; } = placement;

    /// <summary>Index of the first call that uses it.</summary>
    public int FirstCall { get; private set; } = int.MaxValue;

    /// <summary>Index of the last call that uses it.</summary>
    public int LastCall { get; private set; } = -1;

    /// <summary>The buffer whose memory this one shares; itself unless it is an alias.</summary>
    public PlannedBuffer Root => _root is null ? this : _root.Root;

    /// <summary>Address of the first byte.</summary>
    public byte* Pointer
    {
        get => Root._pointer;
        set => Root._pointer = value;
    }

    /// <summary>Address of the first float.</summary>
    public float* Floats => (float*)Pointer;

    /// <summary>Address of the first integer.</summary>
    public int* Integers => (int*)Pointer;

    /// <summary>Notes that a call uses the buffer.</summary>
    public void UsedAt(int call)
    {
        PlannedBuffer root = Root;
        root.FirstCall = Math.Min(root.FirstCall, call);
        root.LastCall = Math.Max(root.LastCall, call);
    }

    /// <summary>Makes this buffer an alias of another one's memory.</summary>
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
