using System.Diagnostics.CodeAnalysis;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>A step that walks over its first operand as rows of the last axis.</summary>
internal abstract class RowStep : Step
{
    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    protected RowStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (Rows, Columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
    }

    /// <summary>How many rows there are.</summary>
    protected int Rows { get; }

    /// <summary>The extent of the last axis.</summary>
    protected int Columns { get; }
}
