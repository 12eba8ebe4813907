using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>What convolution and pooling kernels need to know of a node.</summary>
internal static class Geometry
{
    /// <summary>The geometry of a window over a map (N, H, W, C).</summary>
    public static ConvolutionGeometry Of(WindowSpec window, Shape map, int outputs) =>
        new(map[0], map[1], map[2], map[3], outputs, window.Kernel, window.Stride, window.Padding, window.Dilation);
}

/// <summary>Dense convolution.</summary>
internal sealed unsafe class ConvolutionStep : PackedStep
{
    private readonly EpilogueOperands _epilogue;
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public ConvolutionStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (Graph.Operations.Convolution)node.Operation;
        _epilogue = new EpilogueOperands(operation.Epilogue, Reads);
        _geometry = Geometry.Of(operation.WindowSpec, node.Inputs[0].Shape, node.Inputs[1].Shape[0]);
        PlanPacking(builder, node.Inputs[1], Kernels.Convolution.PackedLength(in _geometry));
    }

    /// <inheritdoc/>
    public override long ScratchFloats => Kernels.Convolution.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => Kernels.Convolution.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => Kernels.Convolution.Parts(in _geometry);

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        Kernels.Convolution.Pack(in _geometry, source, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        Kernels.Epilogue epilogue = _epilogue.Pointers;
        Kernels.Convolution.Forward(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, in epilogue, first, last, scratch);
    }
}

/// <summary>The gradient of a dense convolution's map.</summary>
internal sealed unsafe class ConvolutionInputGradientStep : PackedStep
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public ConvolutionInputGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (Graph.Operations.ConvolutionInputGradient)node.Operation;
        _geometry = Geometry.Of(operation.WindowSpec, operation.InputShape, node.Inputs[1].Shape[0]);
        PlanPacking(builder, node.Inputs[1], Kernels.ConvolutionInputGradient.PackedLength(in _geometry));
    }

    /// <inheritdoc/>
    public override long ScratchFloats => Kernels.ConvolutionInputGradient.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => Kernels.ConvolutionInputGradient.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => Kernels.ConvolutionInputGradient.Parts(in _geometry);

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        Kernels.ConvolutionInputGradient.Pack(in _geometry, source, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch) =>
        Kernels.ConvolutionInputGradient.Run(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, first, last, scratch);
}

/// <summary>The gradient of a dense convolution's weights.</summary>
internal sealed unsafe class ConvolutionWeightGradientStep : Step
{
    private readonly ConvolutionGeometry _geometry;
    private readonly PlannedBuffer _partials;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public ConvolutionWeightGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _geometry = Geometry.Of(((Graph.Operations.ConvolutionWeightGradient)node.Operation).WindowSpec, node.Inputs[1].Shape, node.Inputs[0].Shape.Last);
        _partials = Temporary(Kernels.ConvolutionWeightGradient.PartialFloats(in _geometry), builder);
    }

    /// <inheritdoc/>
    public override int Phases => Parts(1) > 0 ? 2 : 1;

    /// <inheritdoc/>
    public override long ScratchFloats => Kernels.ConvolutionWeightGradient.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    public override int Parts(int phase) => phase == 0
        ? Kernels.ConvolutionWeightGradient.Parts(in _geometry)
        : Kernels.ConvolutionWeightGradient.MergeParts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        if (phase == 0)
        {
            Kernels.ConvolutionWeightGradient.Run(
                in _geometry, Reads[1].Floats, Reads[0].Floats, Writes[0].Floats, _partials.Floats, first, last, ScratchOf(worker));
        }
        else
        {
            Kernels.ConvolutionWeightGradient.Merge(in _geometry, Writes[0].Floats, _partials.Floats, first, last);
        }
    }
}
