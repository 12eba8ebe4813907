using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Resizes a map, or carries the gradient of that back.</summary>
internal sealed unsafe class ResizeCall : NodeCall
{
    private readonly ResizeTable _rows;
    private readonly ResizeTable _columns;
    private readonly int _batch;
    private readonly int _channels;

    /// <summary>Computes the taps.</summary>
    public ResizeCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        (Resize operation, Shape map) = node.Operation is ResizeGradient gradient
            ? (gradient.Forward, gradient.InputShape)
            : ((Resize)node.Operation, node.Inputs[0].Shape);
        _rows = Table(operation, map[1], operation.Height, operation.Scale?.Rows);
        _columns = Table(operation, map[2], operation.Width, operation.Scale?.Columns);
        if (node.Operation is ResizeGradient)
        {
            (_rows, _columns) = (_rows.Transpose(), _columns.Transpose());
        }

        (_batch, _channels) = (map[0], map[3]);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => ResizeKernel.ScratchFloats(_columns, _channels);

    /// <inheritdoc/>
    public override int Parts(int phase) => ResizeKernel.Parts(_rows, _batch);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        ResizeKernel.Run(_rows, _columns, _channels, Reads[0].Floats, Writes[0].Floats, first, last, ScratchOf(worker));

    private static ResizeTable Table(Resize operation, int from, int to, double? scale) => operation.Interpolation switch
    {
        Interpolation.Nearest => ResizeTable.Nearest(from, to, scale),
        Interpolation.Bilinear => ResizeTable.Bilinear(from, to, operation.AlignCorners, scale),
        Interpolation.Bicubic => ResizeTable.Bicubic(from, to, operation.AlignCorners, scale),
        Interpolation.Area => ResizeTable.Area(from, to),
        _ => throw new NotSupportedException($"There is no kernel for the interpolation {operation.Interpolation}."),
    };
}

/// <summary>Sum, mean or maximum along neighbouring axes.</summary>
internal sealed unsafe class ReductionCall : TwoPhaseCall
{
    private readonly ReductionFunction _function;
    private readonly int _outer;
    private readonly int _reduced;
    private readonly int _inner;

    /// <summary>Reads the sizes off the node.</summary>
    public ReductionCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Reduction operation = (Reduction)node.Operation;
        Shape shape = node.Inputs[0].Shape;
        _function = operation.Kind switch
        {
            ReductionKind.Sum => ReductionFunction.Sum,
            ReductionKind.Mean => ReductionFunction.Mean,
            ReductionKind.Max => ReductionFunction.Max,
            _ => throw new NotSupportedException($"{node}: there is no kernel for the reduction {operation.Kind}."),
        };
        _outer = Lowering.Rows(shape, operation.FirstAxis);
        int kept = Lowering.Rows(shape, operation.FirstAxis + operation.Axes);
        _reduced = kept / _outer;
        _inner = (int)(shape.Elements / kept);
        PlanPartials(ReductionKernel.PartialFloats(_outer, _reduced, _inner), builder);
    }

    /// <inheritdoc/>
    protected override int ComputeParts => ReductionKernel.Parts(_outer, _reduced, _inner);

    /// <inheritdoc/>
    protected override int MergeParts => ReductionKernel.MergeParts(_outer, _reduced, _inner);

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch) =>
        ReductionKernel.Run(_function, Reads[0].Floats, Writes[0].Floats, Partials, _outer, _reduced, _inner, first, last);

    /// <inheritdoc/>
    protected override void Merge(int first, int last) =>
        ReductionKernel.Merge(_function, Partials, Writes[0].Floats, _outer, _reduced, _inner, first, last);
}

/// <summary>Pooling under a window.</summary>
internal sealed unsafe class PoolingCall : NodeCall
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public PoolingCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Shape map = node.Inputs[0].Shape;
        _geometry = Geometry.Of(((Pooling)node.Operation).WindowSpec, map, map.Last);
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => PoolingKernel.Parts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        Pooling operation = (Pooling)Node.Operation;
        if (operation.Average)
        {
            PoolingKernel.Average(in _geometry, operation.CountPadding, Reads[0].Floats, Writes[0].Floats, first, last);
        }
        else
        {
            PoolingKernel.Maximum(in _geometry, Reads[0].Floats, Writes[0].Floats, first, last);
        }
    }
}

/// <summary>The gradient of pooling.</summary>
internal sealed unsafe class PoolingGradientCall : NodeCall
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public PoolingGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Shape map = node.Inputs[0].Shape;
        _geometry = Geometry.Of(((PoolingGradient)node.Operation).Forward.WindowSpec, map, map.Last);
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => PoolingKernel.GradientParts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        Pooling forward = ((PoolingGradient)Node.Operation).Forward;
        if (forward.Average)
        {
            PoolingKernel.AverageGradient(in _geometry, forward.CountPadding, Reads[1].Floats, Writes[0].Floats, first, last);
        }
        else
        {
            PoolingKernel.MaximumGradient(in _geometry, Reads[0].Floats, Reads[1].Floats, Writes[0].Floats, first, last);
        }
    }
}
