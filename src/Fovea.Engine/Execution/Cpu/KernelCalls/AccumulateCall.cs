using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Adds gradients of a run to those that stand in the gradient block.</summary>
/// <param name="node">The node that computes the gradients, null where they belong to none.</param>
/// <param name="sums">The gradients and their places in the block.</param>
internal sealed unsafe class AccumulateCall(Node? node, IReadOnlyList<(CpuBuffer From, CpuBuffer To)> sums)
    : KernelCall([.. sums.Select(sum => sum.From)], [.. sums.Select(sum => sum.To)])
{
    private const long MaxPart = 1 << 14;
    private readonly (CpuBuffer From, CpuBuffer To, long Start, long Length)[] _parts =
        [.. sums.SelectMany(sum => Cut(sum.From, sum.To))];

    /// <inheritdoc/>
    public override string Name => "add to gradients";

    /// <inheritdoc/>
    public override Node? Node => node;

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
