namespace Fovea.Engine.Graph;

/// <summary>
/// An operation from outside the engine, which brings its arithmetic along: derive a sealed record, give it the shape rule
/// (<see cref="Operation.Infer"/>), the gradient rule (<see cref="Operation.Gradient"/>) and <see cref="Compute"/>, and apply it with
/// <see cref="ComputeGraph.Apply"/>. It is planned, timed and differentiated like the engine's own operations, but it does not fuse with
/// its neighbours. The arithmetic is ordinary code over spans and runs on the processor; an executor for another device copies what it
/// reads and writes.
/// </summary>
public abstract record CustomOperation : Operation
{
    /// <summary>
    /// Number of independent parts that the work is cut into: at least 1, following from the node's shapes alone. Ranges of parts run on
    /// several threads at once, and the bits of the result must not depend on how parts are grouped.
    /// </summary>
    public virtual int Parts(Node node) => 1;

    /// <summary>
    /// Computes the parts from <see cref="OperationRun.First"/> up to but without <see cref="OperationRun.Last"/>. The result depends on
    /// the operands only, and every element of it is written: before, the memory holds anything. Called in each run, so it should not
    /// allocate.
    /// </summary>
    public abstract void Compute(OperationRun run);
}

/// <summary>
/// A range of the parts of a <see cref="CustomOperation"/>, with the memory of its operands and results as spans. A span is valid until
/// <see cref="CustomOperation.Compute"/> returns.
/// </summary>
public readonly ref struct OperationRun
{
    private readonly IOperandMemory _memory;
    private readonly int _parts;

    internal OperationRun(Node node, IOperandMemory memory, int parts, int first, int last) =>
        (Node, _memory, _parts, First, Last) = (node, memory, parts, first, last);

    /// <summary>The node that is computed: its shapes.</summary>
    public Node Node { get; }

    /// <summary>The first part to compute.</summary>
    public int First { get; }

    /// <summary>The part behind the last one to compute.</summary>
    public int Last { get; }

    /// <summary>An operand of Float32, row-major.</summary>
    /// <param name="index">Index of the operand, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such operand.</exception>
    /// <exception cref="InvalidOperationException">The operand holds something else.</exception>
    public ReadOnlySpan<float> Input(int index = 0) => Operand<float>(index, ElementType.Float32);

    /// <summary>An operand of Int32, row-major.</summary>
    /// <inheritdoc cref="Input"/>
    public ReadOnlySpan<int> IntegerInput(int index = 0) => Operand<int>(index, ElementType.Int32);

    /// <summary>An operand of UInt8, row-major.</summary>
    /// <inheritdoc cref="Input"/>
    public ReadOnlySpan<byte> ByteInput(int index = 0) => Operand<byte>(index, ElementType.UInt8);

    /// <summary>A result of Float32, row-major, to be written.</summary>
    /// <param name="index">Index of the result, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such result.</exception>
    /// <exception cref="InvalidOperationException">The result holds something else.</exception>
    public Span<float> Output(int index = 0) => Result<float>(index, ElementType.Float32);

    /// <summary>A result of Int32, row-major, to be written.</summary>
    /// <inheritdoc cref="Output"/>
    public Span<int> IntegerOutput(int index = 0) => Result<int>(index, ElementType.Int32);

    /// <summary>A result of UInt8, row-major, to be written.</summary>
    /// <inheritdoc cref="Output"/>
    public Span<byte> ByteOutput(int index = 0) => Result<byte>(index, ElementType.UInt8);

    /// <summary>
    /// The share of these parts in a number of equal items (elements, rows, images): the item it begins with and the one behind its end.
    /// </summary>
    /// <param name="items">Number of all items.</param>
    public (int Start, int End) Share(int items) => ((int)((long)items * First / _parts), (int)((long)items * Last / _parts));

    private Span<T> Operand<T>(int index, ElementType elementType)
        where T : unmanaged
    {
        Check(Node.Inputs.AsSpan(), index, elementType, "operand");
        return _memory.Input<T>(index);
    }

    private Span<T> Result<T>(int index, ElementType elementType)
        where T : unmanaged
    {
        Check(Node.Outputs.AsSpan(), index, elementType, "result");
        return _memory.Output<T>(index);
    }

    private void Check(ReadOnlySpan<Value> values, int index, ElementType elementType, string kind)
    {
        if (index < 0 || index >= values.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(index), $"{Node} has no {kind} {index}; it has {values.Length}.");
        }

        if (values[index].Type.ElementType != elementType)
        {
            throw new InvalidOperationException($"{kind} {index} of {Node} holds {values[index].Type.ElementType}, not {elementType}.");
        }
    }
}

/// <summary>
/// The memory that an executor lends to a <see cref="CustomOperation"/>: a span for each operand and result, as long as its shape says.
/// </summary>
internal interface IOperandMemory
{
    /// <summary>The memory of an operand.</summary>
    Span<T> Input<T>(int index)
        where T : unmanaged;

    /// <summary>The memory of a result.</summary>
    Span<T> Output<T>(int index)
        where T : unmanaged;
}
