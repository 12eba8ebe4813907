using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Depthwise convolution.</summary>
internal sealed unsafe class DepthwiseConvolutionCall : NodeCall
{
    private readonly EpilogueOperands _epilogue;
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public DepthwiseConvolutionCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        DepthwiseConvolution operation = (DepthwiseConvolution)node.Operation;
        _epilogue = new EpilogueOperands(operation.Epilogue, Reads);
        _geometry = Geometry.Of(operation.WindowSpec, node.Inputs[0].Shape, node.Inputs[0].Shape.Last);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => DepthwiseConvolutionKernel.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    public override int Parts(int phase) => DepthwiseConvolutionKernel.Parts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        EpilogueArguments epilogue = _epilogue.Pointers;
        DepthwiseConvolutionKernel.Forward(
            in _geometry, Reads[0].Floats, Reads[1].Floats, in epilogue, Writes[0].Floats, first, last, ScratchOf(worker));
    }
}

/// <summary>The gradient of a depthwise convolution's map.</summary>
internal sealed unsafe class DepthwiseInputGradientCall : NodeCall
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public DepthwiseInputGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        DepthwiseInputGradient operation = (DepthwiseInputGradient)node.Operation;
        _geometry = Geometry.Of(operation.WindowSpec, operation.InputShape, operation.InputShape.Last);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => DepthwiseGradientKernel.InputScratchFloats(in _geometry);

    /// <inheritdoc/>
    public override int Parts(int phase) => DepthwiseGradientKernel.InputParts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        DepthwiseGradientKernel.Input(in _geometry, Reads[0].Floats, Reads[1].Floats, Writes[0].Floats, first, last, ScratchOf(worker));
}

/// <summary>The gradient of a depthwise convolution's weights.</summary>
internal sealed unsafe class DepthwiseWeightGradientCall : TwoPhaseCall
{
    private readonly ConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    public DepthwiseWeightGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        Shape map = node.Inputs[1].Shape;
        _geometry = Geometry.Of(((DepthwiseWeightGradient)node.Operation).WindowSpec, map, map.Last);
        PlanPartials(DepthwiseGradientKernel.WeightPartialFloats(in _geometry), builder);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => DepthwiseGradientKernel.WeightScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int ComputeParts => DepthwiseGradientKernel.WeightParts(in _geometry);

    /// <inheritdoc/>
    protected override int MergeParts => 1;

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch) =>
        DepthwiseGradientKernel.Weights(in _geometry, Reads[1].Floats, Reads[0].Floats, Partials, first, last, scratch);

    /// <inheritdoc/>
    protected override void Merge(int first, int last) => DepthwiseGradientKernel.MergeWeights(in _geometry, Partials, Writes[0].Floats);
}
