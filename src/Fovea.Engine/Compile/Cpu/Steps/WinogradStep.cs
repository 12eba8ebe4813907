using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Dense convolution, or the gradient of its map, where minimal filtering is faster than the direct product.</summary>
internal sealed unsafe class WinogradStep : PackedStep
{
    private readonly EpilogueOperands _epilogue;
    private readonly WinogradGeometry _geometry;
    private readonly bool _reversed;

    /// <summary>Reads the geometry off the node.</summary>
    /// <exception cref="ArgumentException">The node does not fit.</exception>
    [SetsRequiredMembers]
    public WinogradStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _geometry = GeometryOf(node, builder) ?? throw new ArgumentException($"{node} is not computed by minimal filtering.", nameof(node));
        _reversed = node.Operation is Graph.Operations.ConvolutionInputGradient;
        _epilogue = new EpilogueOperands((node.Operation as Graph.Operations.Convolution)?.Epilogue ?? Graph.Operations.Epilogue.None, Reads);
        PlanPacking(builder, node.Inputs[1], WinogradConvolution.PackedLength(in _geometry));
    }

    /// <inheritdoc/>
    public override long ScratchFloats => WinogradConvolution.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => WinogradConvolution.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => WinogradConvolution.Parts(in _geometry);

    /// <summary>Whether this step computes a node.</summary>
    public static bool Fits(Node node, PlanBuilder builder) => GeometryOf(node, builder) is not null;

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        WinogradConvolution.Pack(in _geometry, source, _reversed, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        Kernels.Epilogue epilogue = _epilogue.Pointers;
        WinogradConvolution.Forward(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, in epilogue, first, last, scratch);
    }

    private static WinogradGeometry? GeometryOf(Node node, PlanBuilder builder)
    {
        bool weightsChange = !builder.Uses.IsConstant(node.Inputs[1]);
        int outputs = node.Inputs[1].Shape[0];
        return node.Operation switch
        {
            Graph.Operations.Convolution forward =>
                WinogradGeometry.Of(Geometry.Of(forward.WindowSpec, node.Inputs[0].Shape, outputs), weightsChange),
            Graph.Operations.ConvolutionInputGradient gradient =>
                WinogradGeometry.OfInputGradient(Geometry.Of(gradient.WindowSpec, gradient.InputShape, outputs), weightsChange),
            _ => null,
        };
    }
}
