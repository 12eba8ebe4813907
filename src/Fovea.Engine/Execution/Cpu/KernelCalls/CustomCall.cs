using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Runs the arithmetic that an operation brings along.</summary>
internal sealed unsafe class CustomCall : NodeCall, IOperandMemory
{
    private readonly CustomOperation _operation;
    private readonly int _parts;

    /// <summary>Asks the operation for its parts.</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    public CustomCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _operation = (CustomOperation)node.Operation;
        _parts = _operation.Parts(node);
        if (_parts < 1)
        {
            throw new InvalidOperationException($"{node}: {nameof(CustomOperation.Parts)} gave {_parts}; it must be at least 1.");
        }
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => _parts;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        _operation.Compute(new OperationRun(Node, this, _parts, first, last));

    /// <inheritdoc/>
    public Span<T> Input<T>(int index)
        where T : unmanaged => new(Reads[index].Pointer, checked((int)Node.Inputs[index].Shape.Elements));

    /// <inheritdoc/>
    public Span<T> Output<T>(int index)
        where T : unmanaged => new(Writes[index].Pointer, checked((int)Node.Outputs[index].Shape.Elements));
}
