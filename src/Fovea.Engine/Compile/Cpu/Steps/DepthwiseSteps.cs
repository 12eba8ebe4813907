using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Depthwise convolution.</summary>
internal sealed unsafe class DepthwiseStep : Step
{
    private readonly EpilogueOperands _epilogue;
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public DepthwiseStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (Graph.Operations.DepthwiseConvolution)node.Operation;
        _epilogue = new EpilogueOperands(operation.Epilogue, Reads);
        _geometry = Geometry.Of(operation.WindowSpec, node.Inputs[0].Shape, node.Inputs[0].Shape.Last);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => Kernels.DepthwiseConvolution.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    public override int Parts(int phase) => Kernels.DepthwiseConvolution.Parts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        Kernels.Epilogue epilogue = _epilogue.Pointers;
        Kernels.DepthwiseConvolution.Forward(
            in _geometry, Reads[0].Floats, Reads[1].Floats, in epilogue, Writes[0].Floats, first, last, ScratchOf(worker));
    }
}

/// <summary>The gradient of a depthwise convolution's map.</summary>
internal sealed unsafe class DepthwiseInputGradientStep : Step
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public DepthwiseInputGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (DepthwiseInputGradient)node.Operation;
        _geometry = Geometry.Of(operation.WindowSpec, operation.InputShape, operation.InputShape.Last);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => DepthwiseGradient.InputScratchFloats(in _geometry);

    /// <inheritdoc/>
    public override int Parts(int phase) => DepthwiseGradient.InputParts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        DepthwiseGradient.Input(in _geometry, Reads[0].Floats, Reads[1].Floats, Writes[0].Floats, first, last, ScratchOf(worker));
}

/// <summary>The gradient of a depthwise convolution's weights.</summary>
internal sealed unsafe class DepthwiseWeightGradientStep : Step
{
    private readonly ConvolutionGeometry _geometry;
    private readonly PlannedBuffer _partials;

    /// <summary>Reads the geometry off the node.</summary>
    [SetsRequiredMembers]
    public DepthwiseWeightGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        Shape map = node.Inputs[1].Shape;
        _geometry = Geometry.Of(((DepthwiseWeightGradient)node.Operation).WindowSpec, map, map.Last);
        _partials = Temporary(DepthwiseGradient.WeightPartialFloats(in _geometry), builder);
    }

    /// <inheritdoc/>
    public override int Phases => 2;

    /// <inheritdoc/>
    public override long ScratchFloats => DepthwiseGradient.WeightScratchFloats(in _geometry);

    /// <inheritdoc/>
    public override int Parts(int phase) => phase == 0 ? DepthwiseGradient.WeightParts(in _geometry) : 1;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        if (phase == 0)
        {
            DepthwiseGradient.Weights(in _geometry, Reads[1].Floats, Reads[0].Floats, _partials.Floats, first, last, ScratchOf(worker));
        }
        else
        {
            DepthwiseGradient.MergeWeights(in _geometry, _partials.Floats, Writes[0].Floats);
        }
    }
}
