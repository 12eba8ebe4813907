using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Copies results of a run to where they stay: variables that are assigned, gradients that lie elsewhere.</summary>
internal sealed unsafe class CopyStep(IReadOnlyList<(PlannedBuffer From, PlannedBuffer To)> copies) : Step
{
    /// <inheritdoc/>
    public override int Parts(int phase) => copies.Count;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        for (int i = first; i < last; i++)
        {
            (PlannedBuffer from, PlannedBuffer to) = copies[i];
            Buffer.MemoryCopy(from.Pointer, to.Pointer, to.Bytes, to.Bytes);
        }
    }
}

/// <summary>Adds gradients of a run to what stands in the gradient block.</summary>
internal sealed unsafe class AccumulateStep : Step
{
    private const long MaxPart = 1 << 14;
    private readonly (PlannedBuffer From, PlannedBuffer To, long Start, long Length)[] _parts;

    /// <summary>Cuts the sums into parts.</summary>
    public AccumulateStep(IReadOnlyList<(PlannedBuffer From, PlannedBuffer To)> sums) => _parts = [.. sums.SelectMany(sum => Cut(sum.From, sum.To))];

    /// <inheritdoc/>
    public override int Parts(int phase) => _parts.Length;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        for (int i = first; i < last; i++)
        {
            (PlannedBuffer from, PlannedBuffer to, long start, long length) = _parts[i];
            OptimizerKernels.Add(to.Floats + start, from.Floats + start, (nint)length);
        }
    }

    private static IEnumerable<(PlannedBuffer From, PlannedBuffer To, long Start, long Length)> Cut(PlannedBuffer from, PlannedBuffer to)
    {
        long floats = to.Bytes / sizeof(float);
        for (long start = 0; start < floats; start += MaxPart)
        {
            yield return (from, to, start, Math.Min(MaxPart, floats - start));
        }
    }
}

/// <summary>Writes what is known when the graph is built: numbers, tables of indices.</summary>
internal sealed unsafe class ConstantStep : Step
{
    /// <summary>Takes the numbers from the node.</summary>
    [SetsRequiredMembers]
    public ConstantStep(Node node, PlanBuilder builder) => (Node, Reads, Writes) = Lowering.Operands(node, builder);

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
