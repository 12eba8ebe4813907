using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Geometry of the windows of convolutions and poolings.</summary>
internal static class Geometry
{
    /// <summary>The geometry of a window over a map (N, H, W, C).</summary>
    public static ConvolutionGeometry Of(WindowSpec window, Shape map, int outputs) =>
        new(map[0], map[1], map[2], map[3], outputs, window.Kernel, window.Stride, window.Padding, window.Dilation);
}

/// <summary>Dense convolution.</summary>
internal sealed unsafe class ConvolutionCall : PackedOperandCall
{
    private readonly EpilogueOperands _epilogue;
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public ConvolutionCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Convolution operation = (Convolution)node.Operation;
        _epilogue = new EpilogueOperands(operation.Epilogue, Reads);
        _geometry = Geometry.Of(operation.WindowSpec, node.Inputs[0].Shape, node.Inputs[1].Shape[0]);
        PlanPacking(
            builder,
            node.Inputs[1],
            ConvolutionKernel.PackedLength(in _geometry),
            $"patches {_geometry.PatchLength} {_geometry.Outputs}");
    }

    /// <inheritdoc/>
    public override long ScratchFloats => ConvolutionKernel.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => ConvolutionKernel.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => ConvolutionKernel.Parts(in _geometry);

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        ConvolutionKernel.Pack(in _geometry, source, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        EpilogueArguments epilogue = _epilogue.Pointers;
        ConvolutionKernel.Forward(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, in epilogue, first, last, scratch);
    }
}

/// <summary>The gradient of a dense convolution's map.</summary>
internal sealed unsafe class ConvolutionInputGradientCall : PackedOperandCall
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public ConvolutionInputGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        ConvolutionInputGradient operation = (ConvolutionInputGradient)node.Operation;
        _geometry = Geometry.Of(operation.WindowSpec, operation.InputShape, node.Inputs[1].Shape[0]);
        PlanPacking(
            builder,
            node.Inputs[1],
            ConvolutionInputGradientKernel.PackedLength(in _geometry),
            $"patch gradients {_geometry.Kernel} {_geometry.Stride} {_geometry.Padding} {_geometry.Dilation} "
            + $"{_geometry.Channels} {_geometry.Outputs}");
    }

    /// <inheritdoc/>
    public override long ScratchFloats => ConvolutionInputGradientKernel.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => ConvolutionInputGradientKernel.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => ConvolutionInputGradientKernel.Parts(in _geometry);

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        ConvolutionInputGradientKernel.Pack(in _geometry, source, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch) =>
        ConvolutionInputGradientKernel.Run(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, first, last, scratch);
}

/// <summary>The gradient of a dense convolution's weights.</summary>
internal sealed unsafe class ConvolutionWeightGradientCall : TwoPhaseCall
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public ConvolutionWeightGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        ConvolutionWeightGradient operation = (ConvolutionWeightGradient)node.Operation;
        _geometry = Geometry.Of(operation.WindowSpec, node.Inputs[1].Shape, node.Inputs[0].Shape.Last);
        PlanPartials(ConvolutionWeightGradientKernel.PartialFloats(in _geometry), builder);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => ConvolutionWeightGradientKernel.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int ComputeParts => ConvolutionWeightGradientKernel.Parts(in _geometry);

    /// <inheritdoc/>
    protected override int MergeParts => ConvolutionWeightGradientKernel.MergeParts(in _geometry);

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch) => ConvolutionWeightGradientKernel.Run(
        in _geometry, Reads[1].Floats, Reads[0].Floats, Writes[0].Floats, Partials, first, last, scratch);

    /// <inheritdoc/>
    protected override void Merge(int first, int last) =>
        ConvolutionWeightGradientKernel.Merge(in _geometry, Writes[0].Floats, Partials, first, last);
}

/// <summary>Gradient of a dense convolution with respect to its weights, where a kernel is faster than the direct product.</summary>
/// <typeparam name="TKernel">The kernel.</typeparam>
internal sealed unsafe class FasterWeightGradientCall<TKernel> : TwoPhaseCall
    where TKernel : IWeightGradientKernel
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public FasterWeightGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _geometry = GeometryOf(node);
        PlanPartials(TKernel.PartialFloats(in _geometry), builder);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => TKernel.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int ComputeParts => TKernel.Parts(in _geometry);

    /// <inheritdoc/>
    protected override int MergeParts => TKernel.MergeParts(in _geometry);

    /// <summary>True if this call computes a node.</summary>
    public static bool Fits(Node node) => TKernel.IsFaster(GeometryOf(node));

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch) =>
        TKernel.Run(in _geometry, Reads[1].Floats, Reads[0].Floats, Partials, first, last, scratch);

    /// <inheritdoc/>
    protected override void Merge(int first, int last) => TKernel.Merge(in _geometry, Writes[0].Floats, Partials, first, last);

    private static ConvolutionGeometry GeometryOf(Node node) => Geometry.Of(
        ((ConvolutionWeightGradient)node.Operation).WindowSpec, node.Inputs[1].Shape, node.Inputs[0].Shape.Last);
}
