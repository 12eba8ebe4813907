using System.Runtime.InteropServices;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Graph;

/// <summary>
/// One number for each value of a list of variables, in one contiguous piece of memory: their gradients, or what an optimiser keeps of
/// them.
/// </summary>
/// <remarks>
/// Variables follow each other in the order of the list, row-major; each begins at a multiple of 16 floats, and the floats between are
/// zero. The memory is taken, zeroed, when it is first asked for, so that sizes are known without it. Spans are valid until the block is
/// disposed of; work that the block's own methods, plans and optimisers have begun by then is finished first.
/// </remarks>
public abstract class ParameterBlock : IDisposable
{
    private const int Alignment = 16;
    private const long ClearedAtOnce = 1L << 30;
    private readonly Dictionary<Variable, long> _offsets = [];
    private readonly Lazy<PinnedMemory> _memory;
    private volatile bool _isDisposed;

    private protected ParameterBlock(IReadOnlyList<Variable> variables)
    {
        Variables = variables;
        foreach (Variable variable in variables)
        {
            if (!_offsets.TryAdd(variable, Length))
            {
                throw new ArgumentException(
                    $"The variable {variable.Name} stands twice in the list: name each one once.", nameof(variables));
            }

            Length += (variable.Shape.Elements + Alignment - 1) / Alignment * Alignment;
        }

        _memory = new Lazy<PinnedMemory>(() => new PinnedMemory(Bytes));
    }

    /// <summary>The variables in the order of the block.</summary>
    public IReadOnlyList<Variable> Variables { get; }

    /// <summary>The length of the block in floats, those between variables included.</summary>
    public long Length { get; }

    /// <summary>The size of the block in bytes.</summary>
    public long Bytes => Math.Max(Length, 1) * sizeof(float);

    /// <summary>The whole block.</summary>
    /// <exception cref="InvalidOperationException">The block is longer than a span can be.</exception>
    /// <exception cref="ObjectDisposedException">The block was disposed of.</exception>
    public Span<float> Data => Memory.Floats(0, Fitting(Length, "The block"));

    /// <summary>The part of the block that belongs to a variable, row-major in the variable's shape.</summary>
    /// <exception cref="ArgumentException">
    /// The variable has no part in the block: it is another one's, or was frozen when the block was made.
    /// </exception>
    /// <exception cref="InvalidOperationException">The variable has more values than a span can hold.</exception>
    /// <exception cref="ObjectDisposedException">The block was disposed of.</exception>
    public Span<float> Of(Variable variable) =>
        Memory.Floats(OffsetOf(variable), Fitting(variable.Shape.Elements, $"The variable {variable.Name}"));

    /// <summary>Sets all of the block to zero.</summary>
    /// <exception cref="ObjectDisposedException">The block was disposed of.</exception>
    public unsafe void Clear()
    {
        PinnedMemory memory = Enter();
        try
        {
            for (long start = 0; start < memory.Bytes; start += ClearedAtOnce)
            {
                NativeMemory.Clear((byte*)memory.FloatPointer + start, (nuint)Math.Min(ClearedAtOnce, memory.Bytes - start));
            }
        }
        finally
        {
            memory.Leave();
        }
    }

    /// <summary>Frees the memory; the block cannot be used afterwards.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        if (_memory.IsValueCreated)
        {
            _memory.Value.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The memory, taken when it is first asked for.</summary>
    internal PinnedMemory Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _memory.Value;
        }
    }

    /// <summary>Begins work on the memory, which stays until the caller leaves it.</summary>
    internal PinnedMemory Enter()
    {
        PinnedMemory memory = Memory;
        memory.Enter();
        return memory;
    }

    /// <summary>True where the variable has a part in the block.</summary>
    internal bool Contains(Variable variable) => _offsets.ContainsKey(variable);

    /// <summary>The place where a variable's part begins, in floats.</summary>
    internal long OffsetOf(Variable variable) => _offsets.TryGetValue(variable, out long offset)
        ? offset
        : throw new ArgumentException(
            $"The variable {variable.Name} has no part in this block of {Variables.Count} variables: "
            + "it is not among those that the block was made of, or was not trainable then.",
            nameof(variable));

    private static int Fitting(long length, string what) => length <= int.MaxValue
        ? (int)length
        : throw new InvalidOperationException(
            $"{what} holds {length} values, more than one span can: take those of one variable after another, by Of.");
}
