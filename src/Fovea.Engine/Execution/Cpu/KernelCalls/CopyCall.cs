using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Copies results of a run to where they stay: variables that are assigned, gradients that were computed elsewhere.</summary>
/// <param name="name">The name in profiles.</param>
/// <param name="copies">The copies, all of the target's size.</param>
internal sealed unsafe class CopyCall(string name, IReadOnlyList<(CpuBuffer From, CpuBuffer To)> copies)
    : KernelCall([.. copies.Select(copy => copy.From)], [.. copies.Select(copy => copy.To)])
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override int Parts(int phase) => copies.Count;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        for (int i = first; i < last; i++)
        {
            (CpuBuffer from, CpuBuffer to) = copies[i];
            Buffer.MemoryCopy(from.Pointer, to.Pointer, to.Bytes, to.Bytes);
        }
    }
}

/// <summary>Writes a constant tensor.</summary>
/// <param name="node">The constant.</param>
/// <param name="builder">The plan under construction.</param>
internal sealed unsafe class ConstantCall(Node node, PlanBuilder builder) : NodeCall(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => 1;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        switch (Node.Operation)
        {
            case IntegerTensor table:
                table.Elements.CopyTo(new Span<int>(Writes[0].Integers, table.Elements.Length));
                break;
            case FloatTensor table:
                table.Elements.CopyTo(new Span<float>(Writes[0].Floats, table.Elements.Length));
                break;
            default:
                new Span<float>(Writes[0].Floats, (int)Node.Outputs[0].Shape.Elements).Fill(((Constant)Node.Operation).Number);
                break;
        }
    }
}
