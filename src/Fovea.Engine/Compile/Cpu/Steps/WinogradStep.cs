using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Dense 3×3 convolution with constant weights where minimal filtering is faster than the direct product.</summary>
internal sealed unsafe class WinogradStep : PackedStep
{
    private readonly EpilogueOperands _epilogue;
    private readonly WinogradGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    /// <exception cref="InvalidOperationException">The node does not fit.</exception>
    [SetsRequiredMembers]
    public WinogradStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _epilogue = new EpilogueOperands(((Graph.Operations.Convolution)node.Operation).Epilogue, Reads);
        _geometry = GeometryOf(node) ?? throw new InvalidOperationException($"{node} is computed faster as a direct convolution.");
        PlanPacking(builder, node.Inputs[1], WinogradConvolution.PackedLength(in _geometry));
    }

    /// <inheritdoc/>
    public override long ScratchFloats => WinogradConvolution.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => WinogradConvolution.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => WinogradConvolution.Parts(in _geometry);

    /// <summary>Whether this step computes a convolution.</summary>
    public static bool Fits(Node node, PlanBuilder builder) => builder.Uses.IsConstant(node.Inputs[1]) && GeometryOf(node) is not null;

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        WinogradConvolution.Pack(in _geometry, source, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        Kernels.Epilogue epilogue = _epilogue.Pointers;
        WinogradConvolution.Forward(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, in epilogue, first, last, scratch);
    }

    private static WinogradGeometry? GeometryOf(Node node) => WinogradGeometry.Of(
        Geometry.Of(((Graph.Operations.Convolution)node.Operation).Window, node.Inputs[0].Shape, node.Inputs[1].Shape[0]));
}
