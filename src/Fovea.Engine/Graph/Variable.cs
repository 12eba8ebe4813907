using Fovea.Engine.Memory;

namespace Fovea.Engine.Graph;

/// <summary>
/// State that outlives a run: a weight, or a buffer such as running statistics. Several graphs and plans may read the same variable.
/// </summary>
/// <param name="name">The key under which checkpoints know it.</param>
/// <param name="shape">Its shape as the engine stores it.</param>
/// <param name="trainable">True for weights that an optimiser changes.</param>
public sealed class Variable(string name, Shape shape, bool trainable)
{
    private Lazy<AlignedMemory>? _memory;
    private long _offset;

    /// <summary>The key under which checkpoints know it.</summary>
    public string Name { get; } = name;

    /// <summary>Its shape as the engine stores it.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>True for weights that an optimiser changes.</summary>
    public bool Trainable { get; } = trainable;

    /// <summary>The values, row-major.</summary>
    /// <exception cref="InvalidOperationException">No memory was given to the variable yet.</exception>
    public Span<float> Data => Memory.Floats((int)_offset, (int)Shape.Elements);

    internal unsafe float* Pointer => Memory.FloatPointer + _offset;

    private AlignedMemory Memory => _memory?.Value ?? throw new InvalidOperationException($"The variable {Name} has no memory: place it in a VariableBlock first.");

    internal void Place(Lazy<AlignedMemory> memory, long offset)
    {
        if (_memory is not null)
        {
            throw new InvalidOperationException($"The variable {Name} already has memory.");
        }

        _memory = memory;
        _offset = offset;
    }
}
