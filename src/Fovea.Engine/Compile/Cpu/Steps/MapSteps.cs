using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Resizes a map, or carries the gradient of that back.</summary>
internal sealed unsafe class ResizeStep : Step
{
    private readonly ResizeTable _rows;
    private readonly ResizeTable _columns;
    private readonly int _batch;
    private readonly int _channels;

    /// <summary>Computes the taps.</summary>
    [SetsRequiredMembers]
    public ResizeStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (Resize operation, Shape map) = node.Operation is ResizeGradient gradient
            ? (gradient.Forward, gradient.InputShape)
            : ((Resize)node.Operation, node.Inputs[0].Shape);
        _rows = Table(operation, map[1], operation.Height);
        _columns = Table(operation, map[2], operation.Width);
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

    private static ResizeTable Table(Resize operation, int from, int to) => operation.Interpolation == Interpolation.Bilinear
        ? ResizeTable.Bilinear(from, to, operation.AlignCorners)
        : ResizeTable.Bicubic(from, to, operation.AlignCorners);
}

/// <summary>Sum, mean or largest along neighbouring axes.</summary>
internal sealed unsafe class ReductionStep : Step
{
    private readonly Kernels.ReductionKind _kind;
    private readonly int _outer;
    private readonly int _reduced;
    private readonly int _inner;
    private readonly Memory.PlannedBuffer? _partials;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public ReductionStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (Reduction)node.Operation;
        Shape shape = node.Inputs[0].Shape;
        _kind = Enum.Parse<Kernels.ReductionKind>(operation.Kind.ToString());
        _outer = Lowering.Rows(shape, operation.FirstAxis);
        int kept = Lowering.Rows(shape, operation.FirstAxis + operation.Axes);
        _reduced = kept / _outer;
        _inner = (int)(shape.Elements / kept);
        if (ReductionKernel.PartialFloats(_outer, _reduced, _inner) is var floats and > 0)
        {
            _partials = Temporary(floats, builder);
        }
    }

    /// <inheritdoc/>
    public override int Phases => Parts(1) > 0 ? 2 : 1;

    /// <inheritdoc/>
    public override int Parts(int phase) =>
        phase == 0 ? ReductionKernel.Parts(_outer, _reduced, _inner) : ReductionKernel.MergeParts(_outer, _reduced, _inner);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        float* partials = _partials is null ? null : _partials.Floats;
        if (phase == 0)
        {
            ReductionKernel.Run(_kind, Reads[0].Floats, Writes[0].Floats, partials, _outer, _reduced, _inner, first, last);
        }
        else
        {
            ReductionKernel.Merge(_kind, partials, Writes[0].Floats, _outer, _reduced, _inner, first, last);
        }
    }
}

/// <summary>Pooling under a window.</summary>
internal sealed unsafe class PoolingStep : Step
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public PoolingStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        Shape map = node.Inputs[0].Shape;
        _geometry = Geometry.Of(((Pooling)node.Operation).WindowSpec, map, map.Last);
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => PoolingKernel.Parts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        var operation = (Pooling)Node.Operation;
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
internal sealed unsafe class PoolingGradientStep : Step
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public PoolingGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
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
