using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>RoIAlign, or its gradient: the sizes that both have in common.</summary>
internal abstract class RoiAlignCall : NodeCall
{
    private readonly RoiAlignGeometry _geometry;
    private readonly RoiLevel[] _levels;

    /// <summary>Reads the sizes off the node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="builder">The plan under construction.</param>
    /// <param name="operation">The pooling.</param>
    /// <param name="maps">The shape of each level's map.</param>
    /// <param name="regions">Number of regions.</param>
    protected RoiAlignCall(Node node, PlanBuilder builder, RoiAlign operation, IReadOnlyList<Shape> maps, int regions)
        : base(node, builder)
    {
        _geometry = new RoiAlignGeometry(
            maps[0][0], maps[0].Last, regions, operation.Height, operation.Width, operation.SamplingRatio, operation.Aligned);
        _levels = [.. maps.Select((map, i) => new RoiLevel { Height = map[1], Width = map[2], Scale = operation.Scales[i] })];
        ScratchFloats = RoiTaps.ScratchFloats(in _geometry, maps.Max(map => Math.Max(map[1], map[2])));
    }

    /// <inheritdoc/>
    public override long ScratchFloats { get; }

    /// <summary>Sizes and options.</summary>
    protected ref readonly RoiAlignGeometry Geometry => ref _geometry;

    /// <summary>Number of levels.</summary>
    protected int Levels => _levels.Length;

    /// <summary>Describes the levels with the memory of their maps, or of the maps' gradients.</summary>
    protected unsafe void Describe(IReadOnlyList<CpuBuffer> maps, Span<RoiLevel> levels)
    {
        _levels.CopyTo(levels);
        for (int level = 0; level < levels.Length; level++)
        {
            levels[level].Map = maps[level].Floats;
        }
    }
}

/// <summary>Pools regions of interest.</summary>
/// <param name="node">The node.</param>
/// <param name="builder">The plan under construction.</param>
internal sealed unsafe class RoiAlignForwardCall(Node node, PlanBuilder builder) : RoiAlignCall(
    node,
    builder,
    (RoiAlign)node.Operation,
    [.. node.Inputs.Take(((RoiAlign)node.Operation).Scales.Count).Select(map => map.Shape)],
    node.Outputs[0].Shape[0])
{
    /// <inheritdoc/>
    public override int Parts(int phase) => Geometry.Regions;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        Span<RoiLevel> levels = stackalloc RoiLevel[Levels];
        Describe(Reads, levels);
        int* chosen = Levels > 1 ? Reads[Levels + 1].Integers : null;
        RoiAlignKernel.Run(in Geometry, levels, Reads[Levels].Floats, chosen, Writes[0].Floats, first, last, ScratchOf(worker));
    }
}

/// <summary>Carries the gradient of pooled regions back to the maps.</summary>
/// <param name="node">The node.</param>
/// <param name="builder">The plan under construction.</param>
internal sealed unsafe class RoiAlignGradientCall(Node node, PlanBuilder builder) : RoiAlignCall(
    node,
    builder,
    ((RoiAlignGradient)node.Operation).Forward,
    ((RoiAlignGradient)node.Operation).Maps,
    node.Inputs[0].Shape[0])
{
    /// <inheritdoc/>
    public override int Parts(int phase) => RoiAlignKernel.GradientParts(in Geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        Span<RoiLevel> levels = stackalloc RoiLevel[Levels];
        Describe(Writes, levels);
        int* chosen = Levels > 1 ? Reads[1].Integers : null;
        RoiAlignKernel.Gradient(in Geometry, levels, Reads[0].Floats, chosen, Reads[^1].Floats, first, last, ScratchOf(worker));
    }
}
