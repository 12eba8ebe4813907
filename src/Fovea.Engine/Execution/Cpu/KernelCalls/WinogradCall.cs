using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Dense convolution, or the gradient of its map, where Winograd is faster than the direct product.</summary>
internal sealed unsafe class WinogradCall : PackedOperandCall
{
    private readonly EpilogueOperands _epilogue;
    private readonly WinogradGeometry _geometry;
    private readonly bool _reversed;

    /// <summary>Reads the geometry off the node.</summary>
    /// <exception cref="ArgumentException">The node does not fit.</exception>
    public WinogradCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _geometry = GeometryOf(node, builder) ?? throw new ArgumentException($"{node} is not computed by Winograd.", nameof(node));
        _reversed = node.Operation is ConvolutionInputGradient;
        _epilogue = new EpilogueOperands((node.Operation as Convolution)?.Epilogue ?? Epilogue.None, Reads);
        ConvolutionGeometry convolution = _geometry.Convolution;
        PlanPacking(
            builder,
            node.Inputs[1],
            WinogradConvolutionKernel.PackedLength(in _geometry),
            $"Winograd {_reversed} {_geometry.Tile} {_geometry.GroupPanels} "
            + $"{convolution.Kernel} {convolution.Stride} {convolution.Channels} {convolution.Outputs}");
    }

    /// <inheritdoc/>
    public override long ScratchFloats => WinogradConvolutionKernel.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => WinogradConvolutionKernel.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => WinogradConvolutionKernel.Parts(in _geometry);

    /// <summary>True if this call computes a node.</summary>
    public static bool Fits(Node node, PlanBuilder builder) => GeometryOf(node, builder) is not null;

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        WinogradConvolutionKernel.Pack(in _geometry, source, _reversed, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        EpilogueArguments epilogue = _epilogue.Pointers;
        WinogradConvolutionKernel.Forward(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, in epilogue, first, last, scratch);
    }

    private static WinogradGeometry? GeometryOf(Node node, PlanBuilder builder)
    {
        bool weightsChange = !builder.Uses.IsConstant(node.Inputs[1]);
        int outputs = node.Inputs[1].Shape[0];
        switch (node.Operation)
        {
            case Convolution forward:
                ConvolutionGeometry convolution = Geometry.Of(forward.WindowSpec, node.Inputs[0].Shape, outputs);
                ConvolutionGeometry chosenFor = builder.ChosenFor(in convolution);
                return WinogradGeometry.Of(in chosenFor, weightsChange) is { Tile: int tile }
                    ? WinogradGeometry.Blocked(in convolution, tile)
                    : null;
            case ConvolutionInputGradient gradient:
                return WinogradGeometry.OfInputGradient(
                    Geometry.Of(gradient.WindowSpec, gradient.InputShape, outputs), weightsChange);
            default:
                return null;
        }
    }
}
