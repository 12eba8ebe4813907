using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Multi-head attention.</summary>
internal sealed unsafe class AttentionStep : Step
{
    private readonly AttentionGeometry _geometry;
    private readonly Graph.Operations.Attention _operation;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public AttentionStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _operation = (Graph.Operations.Attention)node.Operation;
        _geometry = Geometry(node, _operation);
        if (!builder.IsRead(node.Outputs[1]))
        {
            Writes = [Writes[0]];
        }
    }

    /// <inheritdoc/>
    public override long ScratchFloats => AttentionKernel.ScratchFloats(in _geometry);

    /// <summary>The sizes of an attention whose first operands are query, key and value.</summary>
    public static AttentionGeometry Geometry(Node node, Graph.Operations.Attention operation)
    {
        Shape query = node.Inputs[0].Shape;
        Shape value = node.Inputs[2].Shape;
        return new AttentionGeometry(query[0], operation.Heads, query[1], value[1], query[2] / operation.Heads, value[2] / operation.Heads, operation.Scale);
    }

    /// <summary>The addends among the operands, which begin at the fourth, and the index of the operand behind them.</summary>
    public static (AttentionAddends Addends, int Next) Addends(Node node, Graph.Operations.Attention operation, IReadOnlyList<PlannedBuffer> reads)
    {
        // Not HasFlag: before the runtime optimises this method, that allocates.
        AttentionAddends addends = default;
        int next = 3;
        if ((operation.Addends & AttentionAddend.Table) != 0)
        {
            addends.Table = reads[next++].Floats;
        }

        if ((operation.Addends & AttentionAddend.Relative) != 0)
        {
            addends.Height = operation.RelativeExtent(node.Inputs[next].Shape);
            addends.RelativeRows = reads[next++].Floats;
            addends.Width = operation.RelativeExtent(node.Inputs[next].Shape);
            addends.RelativeColumns = reads[next++].Floats;
        }

        if ((operation.Addends & AttentionAddend.Mask) != 0)
        {
            addends.Groups = node.Inputs[next].Shape[0];
            addends.Mask = reads[next++].Floats;
        }

        return (addends, next);
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
        (AttentionAddends addends, _) = Addends(Node, _operation, Reads);
        AttentionKernel.Forward(
            in _geometry,
            TokensOf(Reads[0], channels),
            TokensOf(Reads[1], channels),
            TokensOf(Reads[2], valueChannels),
            in addends,
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
    private readonly Graph.Operations.Attention _operation;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public AttentionGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _operation = ((Graph.Operations.AttentionGradient)node.Operation).Forward;
        _geometry = AttentionStep.Geometry(node, _operation);
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
        (AttentionAddends addends, int next) = AttentionStep.Addends(Node, _operation, Reads);
        Kernels.AttentionGradient.Operands operands = new()
        {
            Query = AttentionStep.TokensOf(Reads[0], channels),
            Key = AttentionStep.TokensOf(Reads[1], channels),
            Value = AttentionStep.TokensOf(Reads[2], valueChannels),
            Addends = addends,
            LogSumExp = Reads[next].Floats,
            OutputGradient = AttentionStep.TokensOf(Reads[next + 1], valueChannels),
            QueryGradient = AttentionStep.TokensOf(Writes[0], channels),
            KeyGradient = AttentionStep.TokensOf(Writes[1], channels),
            ValueGradient = AttentionStep.TokensOf(Writes[2], valueChannels),
            ScoreGradient = addends.Table == null ? null : Writes[3].Floats,
            RelativeRowsGradient = addends.RelativeRows == null ? null : Writes[^2].Floats,
            RelativeColumnsGradient = addends.RelativeRows == null ? null : Writes[^1].Floats,
        };
        Kernels.AttentionGradient.Run(in _geometry, in operands, first, last, ScratchOf(worker));
    }
}
