using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Dense convolution where computing neighbouring pixels together is faster than gathering the window of each.</summary>
internal sealed unsafe class PixelBlockedConvolutionCall : PackedOperandCall
{
    private readonly EpilogueOperands _epilogue;
    private readonly PixelBlockedGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    /// <exception cref="ArgumentException">The node does not fit.</exception>
    public PixelBlockedConvolutionCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _geometry = GeometryOf(node, builder) ?? throw new ArgumentException($"{node} is not computed in pixel blocks.", nameof(node));
        _epilogue = new EpilogueOperands(((Convolution)node.Operation).Epilogue, Reads);
        ConvolutionGeometry convolution = _geometry.Convolution;
        PlanPacking(
            builder,
            node.Inputs[1],
            PixelBlockedConvolutionKernel.PackedLength(in _geometry),
            $"pixel blocks {convolution.Kernel} {convolution.Stride} {convolution.Channels} {convolution.Outputs}");
    }

    /// <inheritdoc/>
    public override long ScratchFloats => PixelBlockedConvolutionKernel.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => PixelBlockedConvolutionKernel.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => PixelBlockedConvolutionKernel.Parts(in _geometry);

    /// <summary>True if this call computes a node.</summary>
    public static bool Fits(Node node, PlanBuilder builder) => GeometryOf(node, builder) is not null;

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        PixelBlockedConvolutionKernel.Pack(in _geometry, source, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        EpilogueArguments epilogue = _epilogue.Pointers;
        PixelBlockedConvolutionKernel.Forward(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, in epilogue, first, last, scratch);
    }

    private static PixelBlockedGeometry? GeometryOf(Node node, PlanBuilder builder)
    {
        if (node.Operation is not Convolution operation)
        {
            return null;
        }

        ConvolutionGeometry convolution = Geometry.Of(operation.WindowSpec, node.Inputs[0].Shape, node.Inputs[1].Shape[0]);
        ConvolutionGeometry chosenFor = builder.ChosenFor(in convolution);
        return PixelBlockedGeometry.Of(in chosenFor, !builder.Uses.IsConstant(node.Inputs[1])) is not null
            ? PixelBlockedGeometry.Joined(in convolution)
            : null;
    }
}
