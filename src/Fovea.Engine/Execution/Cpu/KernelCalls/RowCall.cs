using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>A call that walks over its first operand as rows of the last axis.</summary>
/// <param name="node">The node.</param>
/// <param name="builder">The plan under construction.</param>
internal abstract class RowCall(Node node, PlanBuilder builder) : NodeCall(node, builder)
{
    /// <summary>The number of rows.</summary>
    protected int Rows { get; } = Lowering.RowsAndColumns(node.Inputs[0].Shape).Rows;

    /// <summary>The extent of the last axis.</summary>
    protected int Columns { get; } = node.Inputs[0].Shape.Last;
}
