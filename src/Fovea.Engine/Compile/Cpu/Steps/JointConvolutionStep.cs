using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Dense convolution where computing neighbouring pixels together is faster than gathering the window of each.</summary>
internal sealed unsafe class JointConvolutionStep : PackedStep
{
    private readonly EpilogueOperands _epilogue;
    private readonly JointConvolutionGeometry _geometry;

    /// <summary>Reads the geometry off the node.</summary>
    /// <exception cref="ArgumentException">The node does not fit.</exception>
    [SetsRequiredMembers]
    public JointConvolutionStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _geometry = GeometryOf(node, builder) ?? throw new ArgumentException($"{node} is not computed several pixels at a time.", nameof(node));
        _epilogue = new EpilogueOperands(((Graph.Operations.Convolution)node.Operation).Epilogue, Reads);
        PlanPacking(builder, node.Inputs[1], JointConvolution.PackedLength(in _geometry));
    }

    /// <inheritdoc/>
    public override long ScratchFloats => JointConvolution.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    protected override int PackParts => JointConvolution.PackParts(in _geometry);

    /// <inheritdoc/>
    protected override int ProductParts => JointConvolution.Parts(in _geometry);

    /// <summary>Whether this step computes a node.</summary>
    public static bool Fits(Node node, PlanBuilder builder) => GeometryOf(node, builder) is not null;

    /// <inheritdoc/>
    protected override void Pack(float* source, float* packed, int first, int last) =>
        JointConvolution.Pack(in _geometry, source, packed, first, last);

    /// <inheritdoc/>
    protected override void Multiply(int first, int last, float* scratch)
    {
        Kernels.Epilogue epilogue = _epilogue.Pointers;
        JointConvolution.Forward(in _geometry, Reads[0].Floats, Packed, Writes[0].Floats, in epilogue, first, last, scratch);
    }

    private static JointConvolutionGeometry? GeometryOf(Node node, PlanBuilder builder) =>
        node.Operation is Graph.Operations.Convolution operation
            ? JointConvolutionGeometry.Of(
                Geometry.Of(operation.WindowSpec, node.Inputs[0].Shape, node.Inputs[1].Shape[0]), !builder.Uses.IsConstant(node.Inputs[1]))
            : null;
}
