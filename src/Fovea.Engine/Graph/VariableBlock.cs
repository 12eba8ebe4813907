using Fovea.Engine.Memory;

namespace Fovea.Engine.Graph;

/// <summary>
/// One contiguous piece of memory that holds variables in a fixed order, so that an optimiser, an average or a copy walks over all of them
/// at once. Each variable begins at a multiple of 16 floats; the floats between are zero.
/// </summary>
public sealed class VariableBlock : IDisposable
{
    private const int Alignment = 16;
    private readonly Dictionary<Variable, long> _offsets = [];
    private readonly Lazy<DeviceMemory> _memory;

    /// <summary>
    /// Gives the variables a place in memory, zeroed. The memory is taken when a value is first asked for, so that a network's figures
    /// are known without it.
    /// </summary>
    /// <param name="variables">The variables, in the order of the block.</param>
    /// <param name="device">The device whose memory is taken; the host's where null.</param>
    public VariableBlock(IReadOnlyList<Variable> variables, Device? device = null)
    {
        Variables = variables;
        long length = 0;
        foreach (Variable variable in variables)
        {
            _offsets.Add(variable, length);
            length += (variable.Shape.Elements + Alignment - 1) / Alignment * Alignment;
        }

        Length = length;
        _memory = new Lazy<DeviceMemory>(() => (device ?? Device.Host).Allocate(Bytes));
        foreach (Variable variable in variables)
        {
            variable.Place(_memory, _offsets[variable]);
        }
    }

    /// <summary>The variables in the order of the block.</summary>
    public IReadOnlyList<Variable> Variables { get; }

    /// <summary>The length of the block in floats.</summary>
    public long Length { get; }

    /// <summary>The size of the block in bytes.</summary>
    public long Bytes => Math.Max(Length, 1) * sizeof(float);

    /// <summary>The whole block.</summary>
    /// <exception cref="InvalidOperationException">The block is longer than a span can be.</exception>
    public Span<float> Data => Length <= int.MaxValue
        ? Memory.Floats(0, (int)Length)
        : throw new InvalidOperationException(
            $"The block holds {Length} values, more than one span can: take those of one variable after another, by its Data.");

    internal unsafe float* Pointer => ((IHostMemory)Memory).FloatPointer;

    internal DeviceMemory Memory
    {
        get
        {
            // By index: this must not allocate.
            for (int i = 0; i < Variables.Count; i++)
            {
                Variables[i].Keep();
            }

            return _memory.Value;
        }
    }

    /// <summary>Offset of a variable in the block, in floats.</summary>
    public long OffsetOf(Variable variable) => _offsets[variable];

    /// <summary>Frees the memory; the variables may not be used afterwards.</summary>
    public void Dispose()
    {
        if (_memory.IsValueCreated)
        {
            _memory.Value.Dispose();
        }
    }
}
