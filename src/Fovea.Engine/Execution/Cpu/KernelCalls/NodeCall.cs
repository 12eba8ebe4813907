using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>A call that computes a node: it reads the buffers of the node's operands and writes those of its results.</summary>
/// <param name="node">The node.</param>
/// <param name="builder">The plan under construction.</param>
internal abstract class NodeCall(Node node, PlanBuilder builder)
    : KernelCall([.. node.Inputs.Select(builder.BufferOf)], [.. node.Outputs.Select(builder.BufferOf)])
{
    /// <inheritdoc/>
    public sealed override string Name => Node.ToString();

    /// <inheritdoc/>
    public sealed override Node Node { get; } = node;

    /// <summary>Adds a buffer of this call alone.</summary>
    protected CpuBuffer Temporary(long floats, PlanBuilder builder)
    {
        Placement placement = builder.Uses.IsConstant(Node.Outputs[0]) ? Placement.ConstantStage : Placement.Arena;
        CpuBuffer buffer = new(Math.Max(floats, 1) * sizeof(float), placement, $"{Node} temporary");
        Temporaries.Add(buffer);
        return buffer;
    }
}
