using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Multi-head attention.</summary>
internal sealed unsafe class AttentionStep : Step
{
    private readonly AttentionGeometry _geometry;
    private readonly bool _bias;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public AttentionStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (Graph.Operations.Attention)node.Operation;
        _bias = operation.Bias;
        _geometry = Geometry(node, operation.Heads, operation.Scale);
        if (!builder.IsRead(node.Outputs[1]))
        {
            Writes = [Writes[0]];
        }
    }

    /// <inheritdoc/>
    public override long ScratchFloats => AttentionKernel.ScratchFloats(in _geometry);

    /// <summary>The sizes of an attention whose first operands are query, key and value.</summary>
    public static AttentionGeometry Geometry(Node node, int heads, float scale)
    {
        Shape query = node.Inputs[0].Shape;
        Shape value = node.Inputs[2].Shape;
        return new AttentionGeometry(query[0], heads, query[1], value[1], query[2] / heads, value[2] / heads, scale);
    }

    /// <summary>A token list as the kernels take it.</summary>
    public static Tokens TokensOf(PlannedBuffer buffer, int channels) => new(buffer.Floats, channels);

    /// <inheritdoc/>
    public override int Parts(int phase) => AttentionKernel.Parts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        int channels = _geometry.Heads * _geometry.Width;
        int valueChannels = _geometry.Heads * _geometry.ValueWidth;
        AttentionKernel.Forward(
            in _geometry,
            TokensOf(Reads[0], channels),
            TokensOf(Reads[1], channels),
            TokensOf(Reads[2], valueChannels),
            _bias ? Reads[3].Floats : null,
            TokensOf(Writes[0], valueChannels),
            Writes.Count > 1 ? Writes[1].Floats : null,
            first,
            last,
            ScratchOf(worker));
    }
}

/// <summary>The gradient of multi-head attention.</summary>
internal sealed unsafe class AttentionGradientStep : Step
{
    private readonly AttentionGeometry _geometry;
    private readonly bool _bias;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public AttentionGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        var operation = (Graph.Operations.AttentionGradient)node.Operation;
        _bias = operation.Bias;
        _geometry = AttentionStep.Geometry(node, operation.Heads, operation.Scale);
    }

    /// <inheritdoc/>
    public override long ScratchFloats => Kernels.AttentionGradient.ScratchFloats(in _geometry);

    /// <inheritdoc/>
    public override int Parts(int phase) => Kernels.AttentionGradient.Parts(in _geometry);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        int channels = _geometry.Heads * _geometry.Width;
        int valueChannels = _geometry.Heads * _geometry.ValueWidth;
        int results = _bias ? 4 : 3;
        Kernels.AttentionGradient.Operands operands = new()
        {
            Query = AttentionStep.TokensOf(Reads[0], channels),
            Key = AttentionStep.TokensOf(Reads[1], channels),
            Value = AttentionStep.TokensOf(Reads[2], valueChannels),
            Bias = _bias ? Reads[3].Floats : null,
            LogSumExp = Reads[results].Floats,
            OutputGradient = AttentionStep.TokensOf(Reads[results + 1], valueChannels),
            QueryGradient = AttentionStep.TokensOf(Writes[0], channels),
            KeyGradient = AttentionStep.TokensOf(Writes[1], channels),
            ValueGradient = AttentionStep.TokensOf(Writes[2], valueChannels),
            ScoreGradient = _bias ? Writes[3].Floats : null,
        };
        Kernels.AttentionGradient.Run(in _geometry, in operands, first, last, ScratchOf(worker));
    }
}
