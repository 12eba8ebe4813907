using System.Buffers;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Graph;

/// <summary>
/// State that outlives a run: a weight, or a buffer such as running statistics. Several graphs and plans may read the same variable.
/// </summary>
/// <param name="name">The key under which checkpoints know it.</param>
/// <param name="shape">Its shape as the engine stores it.</param>
/// <param name="trainable">True if graphs give it a gradient and optimisers change it.</param>
public sealed unsafe class Variable(string name, Shape shape, bool trainable)
{
    private Lazy<DeviceMemory>? _memory;
    private long _offset;
    private MemoryHandle _loan;
    private bool _isGone;

    /// <summary>The key under which checkpoints know it.</summary>
    public string Name { get; } = name;

    /// <summary>Its shape as the engine stores it.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>
    /// The right of optimisers to change it. A variable that is not trainable is frozen: it gets no gradient and no optimiser's state.
    /// </summary>
    /// <remarks>
    /// Graphs, gradient blocks and optimisers look at it once, when they are made: freeze a variable before that. Layers with running
    /// statistics, such as batch normalisation, build their inference form in training graphs while their weight is frozen.
    /// </remarks>
    public bool Trainable { get; set; } = trainable;

    /// <summary>True where the values are mapped from memory that is not the variable's own.</summary>
    public bool IsExternal => _loan.Pointer is not null;

    /// <summary>The values, row-major, in memory of the variable's own: borrowed ones are copied there first.</summary>
    /// <exception cref="InvalidOperationException">
    /// No memory was given to the variable yet, or its values were borrowed and given back.
    /// </exception>
    public Span<float> Data
    {
        get
        {
            Keep();
            return Memory.Floats(_offset, (int)Shape.Elements);
        }
    }

    /// <summary>Address of the values, for reading.</summary>
    internal float* Pointer => IsExternal ? (float*)_loan.Pointer : HostPointer + _offset;

    /// <summary>Address of the variable's own memory, for optimisers.</summary>
    internal float* OwnPointer => HostPointer + _offset;

    /// <summary>The variable's own memory.</summary>
    internal DeviceMemory Memory => IsGone
        ? throw new InvalidOperationException(
            $"The values of {Name} were only borrowed while a plan was compiled: give the variable values of its own.")
        : _memory?.Value ?? throw new InvalidOperationException($"The variable {Name} has no memory: place it in a VariableBlock first.");

    /// <summary>
    /// Takes values where they lie, until <see cref="Unmap"/>: plans that are compiled in the meantime fold and pack them from there, and
    /// copy what they read in every run. Nothing writes to them.
    /// </summary>
    /// <param name="values">The values, row-major, as many as the shape says; 64 bytes that follow them must be readable.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public void MapExternal(ReadOnlyMemory<float> values)
    {
        if (values.Length != Shape.Elements)
        {
            throw new ArgumentException(
                $"The variable {Name} of shape {Shape} takes {Shape.Elements} values, not {values.Length}.", nameof(values));
        }

        _loan.Dispose();
        _loan = values.Pin();
    }

    /// <summary>Ends borrowing. Values that nobody asked to keep are gone.</summary>
    public void Unmap()
    {
        _isGone |= IsExternal;
        EndLoan();
    }

    /// <summary>True where the values were borrowed and given back.</summary>
    internal bool IsGone => Volatile.Read(ref _isGone);

    /// <summary>Gives values that are gone back to the variable, in memory of its own. Other variables may be in use meanwhile.</summary>
    internal void Restore(ReadOnlySpan<float> values)
    {
        // The mark goes last: until then nobody reads the memory.
        values.CopyTo(_memory!.Value.Floats(_offset, (int)Shape.Elements));
        Volatile.Write(ref _isGone, false);
    }

    /// <summary>Copies borrowed values into memory of the variable's own.</summary>
    internal void Keep()
    {
        if (IsExternal)
        {
            new ReadOnlySpan<float>(_loan.Pointer, (int)Shape.Elements).CopyTo(Memory.Floats(_offset, (int)Shape.Elements));
            EndLoan();
        }
    }

    /// <summary>Says where the variable's own memory is.</summary>
    internal void Place(Lazy<DeviceMemory> memory, long offset)
    {
        if (_memory is not null)
        {
            throw new InvalidOperationException($"The variable {Name} already has memory.");
        }

        _memory = memory;
        _offset = offset;
    }

    private float* HostPointer => Memory is IHostMemory host
        ? host.FloatPointer
        : throw new InvalidOperationException(
            $"The variable {Name} lies in the memory of another device, which the processor does not reach.");

    private void EndLoan()
    {
        _loan.Dispose();
        _loan = default;
    }
}
