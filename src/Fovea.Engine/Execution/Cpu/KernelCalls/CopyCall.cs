using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

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

/// <summary>Adds gradients to the gradient block.</summary>
internal sealed unsafe class AccumulateCall : KernelCall
{
    private const long MaxPart = 1 << 14;
    private readonly (CpuBuffer From, CpuBuffer To, long Start, long Length)[] _parts;

    /// <summary>Cuts the additions into parts.</summary>
    /// <param name="sums">Gradients, and where they are added.</param>
    public AccumulateCall(IReadOnlyList<(CpuBuffer From, CpuBuffer To)> sums)
        : base([.. sums.Select(sum => sum.From), .. sums.Select(sum => sum.To)], [.. sums.Select(sum => sum.To)]) =>
        _parts = [.. sums.SelectMany(sum => Cut(sum.From, sum.To))];

    /// <inheritdoc/>
    public override string Name => "accumulate gradients";

    /// <inheritdoc/>
    public override int Parts(int phase) => _parts.Length;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        for (int i = first; i < last; i++)
        {
            (CpuBuffer from, CpuBuffer to, long start, long length) = _parts[i];
            OptimizerKernels.Add(to.Floats + start, from.Floats + start, (nint)length);
        }
    }

    private static IEnumerable<(CpuBuffer From, CpuBuffer To, long Start, long Length)> Cut(CpuBuffer from, CpuBuffer to)
    {
        long floats = to.Bytes / sizeof(float);
        for (long start = 0; start < floats; start += MaxPart)
        {
            yield return (from, to, start, Math.Min(MaxPart, floats - start));
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
