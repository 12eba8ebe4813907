using Fovea.Engine.Compile.Cpu.KernelCalls;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>
/// An operation from outside the engine, which brings its arithmetic along: derive a sealed record, give it the shape rule
/// (<see cref="Operation.Infer"/>), the gradient rule (<see cref="Operation.Gradient"/>) and <see cref="Compute"/>, and apply it with
/// <see cref="ComputeGraph.Apply"/>. It is planned, timed and differentiated like the engine's own operations, but it does not fuse with
/// its neighbours.
/// </summary>
public abstract record CustomOperation : Operation
{
    /// <summary>
    /// The number of independent parts that the work is cut into: at least 1, a number that follows from the node's shapes alone. Parts run
    /// on several threads at once, in ranges, and the bits of the result must not depend on how they are grouped.
    /// </summary>
    public virtual int Parts(Node node) => 1;

    /// <summary>
    /// Computes the parts from <see cref="OperationRun.First"/> up to but without <see cref="OperationRun.Last"/>. The result depends on
    /// the operands only and every element of it is written: before, the memory holds anything. It is called in each run, so it should not
    /// allocate.
    /// </summary>
    public abstract void Compute(OperationRun run);
}

/// <summary>A range of the parts of a <see cref="CustomOperation"/>, with the memory of its operands and results.</summary>
public readonly ref struct OperationRun
{
    private readonly NodeCall _call;
    private readonly int _parts;

    internal OperationRun(NodeCall call, int parts, int first, int last) => (_call, _parts, First, Last) = (call, parts, first, last);

    /// <summary>The node that is computed: its shapes.</summary>
    public Node Node => _call.Node;

    /// <summary>The first part to compute.</summary>
    public int First { get; }

    /// <summary>The part behind the last one to compute.</summary>
    public int Last { get; }

    /// <summary>An operand of floats, row-major.</summary>
    /// <param name="index">Index of the operand.</param>
    public unsafe ReadOnlySpan<float> Input(int index = 0) =>
        new(_call.Reads[index].Floats, Length(Node.Inputs[index], ElementType.Float32));

    /// <summary>An operand of integers, row-major.</summary>
    /// <param name="index">Index of the operand.</param>
    public unsafe ReadOnlySpan<int> IntegerInput(int index) =>
        new(_call.Reads[index].Integers, Length(Node.Inputs[index], ElementType.Int32));

    /// <summary>A result, row-major.</summary>
    /// <param name="index">Index of the result.</param>
    public unsafe Span<float> Output(int index = 0) => new(_call.Writes[index].Floats, Length(Node.Outputs[index], ElementType.Float32));

    /// <summary>
    /// The share of these parts in a number of equal items (elements, rows, images): the item it begins with and the one behind its end.
    /// </summary>
    /// <param name="items">All items.</param>
    public (int Start, int End) Share(int items) => ((int)((long)items * First / _parts), (int)((long)items * Last / _parts));

    private static int Length(Value value, ElementType elementType) => value.Type.ElementType == elementType
        ? checked((int)value.Shape.Elements)
        : throw new InvalidOperationException($"{value} holds {value.Type.ElementType}, not {elementType}.");
}
