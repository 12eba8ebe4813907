namespace Fovea.Engine.Compile.Memory;

/// <summary>Where a buffer of a plan lies.</summary>
internal enum Placement
{
    /// <summary>In the plan's arena, shared over time with others.</summary>
    Arena,

    /// <summary>Kept for the life of the plan: what was computed from weights alone.</summary>
    Persistent,

    /// <summary>Only while persistent buffers are computed.</summary>
    Preparation,

    /// <summary>Memory that someone else owns: a variable, a gradient.</summary>
    External,
}

/// <summary>A piece of memory that steps read and write; where it lies is decided after all steps are known.</summary>
internal sealed unsafe class PlannedBuffer(long bytes, Placement placement, string name)
{
    private PlannedBuffer? _home;
    private byte* _pointer;

    /// <summary>What it holds, for errors and tables.</summary>
    public string Name { get; } = name;

    /// <summary>Its size.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Where it lies.</summary>
    public Placement Placement { get; } = placement;

    /// <summary>The first step that writes it.</summary>
    public int FirstStep { get; private set; } = int.MaxValue;

    /// <summary>The last step that reads it.</summary>
    public int LastStep { get; private set; } = -1;

    /// <summary>The buffer whose memory this one takes over, itself as a rule.</summary>
    public PlannedBuffer Home => _home is null ? this : _home.Home;

    /// <summary>Where it begins.</summary>
    public byte* Pointer
    {
        get => Home._pointer;
        set => Home._pointer = value;
    }

    /// <summary>Where it begins, as floats.</summary>
    public float* Floats => (float*)Pointer;

    /// <summary>Where it begins, as integers.</summary>
    public int* Integers => (int*)Pointer;

    /// <summary>Notes that a step uses the buffer.</summary>
    public void UsedAt(int step)
    {
        PlannedBuffer home = Home;
        home.FirstStep = Math.Min(home.FirstStep, step);
        home.LastStep = Math.Max(home.LastStep, step);
    }

    /// <summary>Puts this buffer into another one's memory.</summary>
    public void MoveInto(PlannedBuffer other)
    {
        PlannedBuffer home = Home;
        _home = other.Home;
        if (home.LastStep >= 0)
        {
            _home.UsedAt(home.FirstStep);
            _home.UsedAt(home.LastStep);
        }
    }
}
