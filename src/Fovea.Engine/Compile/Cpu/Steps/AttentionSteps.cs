using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>
/// What attention and its gradient share: sizes and addends. A table is packed in front of every run where it changes (first phase), or once where it
/// depends on weights alone.
/// </summary>
internal abstract unsafe class AttentionWork : Step
{
    private readonly Graph.Operations.Attention _operation;
    private readonly AttentionGeometry _geometry;
    private readonly PlannedBuffer? _table;
    private readonly PlannedBuffer? _packedTable;
    private readonly bool _packsEachRun;
    private readonly (int Start, int Stride)[] _channels;

    /// <summary>Reads the sizes off a node whose first operands are those of the attention.</summary>
    [SetsRequiredMembers]
    protected AttentionWork(Node node, Graph.Operations.Attention operation, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _operation = operation;
        Shape query = node.Inputs[0].Shape;
        Shape value = node.Inputs[2].Shape;
        _geometry = new AttentionGeometry(query[0], operation.Heads, query[1], value[1], query[2] / operation.Heads, value[2] / operation.Heads, operation.Scale);
        _channels = [.. node.Inputs.Take(3).Select(operand => ChannelsOf(operand, builder.Uses))];
        if ((operation.Addends & AttentionAddend.Table) != 0)
        {
            PlannedBuffer table = _table = Reads[3];
            long floats = AttentionTable.Floats(in _geometry);
            _packsEachRun = !builder.Uses.IsConstant(node.Inputs[3]) || builder.Uses.IsConstant(node.Outputs[0]);
            _packedTable = _packsEachRun
                ? Temporary(floats, builder)
                : builder.Prepare(floats, packed => new PackStep(
                    AttentionTable.Parts(in _geometry), packed, (first, last) => AttentionTable.Pack(in _geometry, table.Floats, packed.Floats, first, last))
                {
                    Node = Node,
                    Reads = [table],
                    Writes = [packed],
                });
        }
    }

    /// <summary>The sizes.</summary>
    protected ref readonly AttentionGeometry Geometry => ref _geometry;

    /// <summary>Index of the operand behind those of the attention.</summary>
    protected int NextOperand => 3 + _operation.AddendOperands;

    /// <summary>Independent parts of the attention.</summary>
    protected abstract int AttentionParts { get; }

    /// <inheritdoc/>
    public sealed override int Phases => _packsEachRun ? 2 : 1;

    /// <inheritdoc/>
    public sealed override int Parts(int phase) => _packsEachRun && phase == 0 ? AttentionTable.Parts(in _geometry) : AttentionParts;

    /// <inheritdoc/>
    public sealed override void Run(int phase, int first, int last, int worker)
    {
        if (_packsEachRun && phase == 0)
        {
            AttentionTable.Pack(in _geometry, _table!.Floats, _packedTable!.Floats, first, last);
        }
        else
        {
            Attend(Addends(), first, last, ScratchOf(worker));
        }
    }

    /// <summary>Computes parts of the attention or its gradient.</summary>
    protected abstract void Attend(in AttentionAddends addends, int first, int last, float* scratch);

    /// <summary>Queries, keys and values, as they lie.</summary>
    protected (Tokens Query, Tokens Key, Tokens Value) TokenOperands => (TokenOperand(0), TokenOperand(1), TokenOperand(2));

    /// <summary>What has the channels of queries and keys.</summary>
    protected Tokens Channels(PlannedBuffer buffer) => new(buffer.Floats, _geometry.Heads * _geometry.Width);

    /// <summary>What has the channels of values.</summary>
    protected Tokens ValueChannels(PlannedBuffer buffer) => new(buffer.Floats, _geometry.Heads * _geometry.ValueWidth);

    private static (int Start, int Stride) ChannelsOf(Value operand, Uses uses) => operand.Producer is { Operation: Slice slice } node && Lowering.ReadsInPlace(node, uses)
        ? (slice.Start, node.Inputs[0].Shape[2])
        : (0, operand.Shape[2]);

    private Tokens TokenOperand(int index) => new(Reads[index].Floats + _channels[index].Start, _channels[index].Stride);

    private AttentionAddends Addends()
    {
        // Not HasFlag: before the runtime optimises this method, that allocates.
        AttentionAddends addends = default;
        int next = 3;
        if ((_operation.Addends & AttentionAddend.Table) != 0)
        {
            addends.Table = _packedTable!.Floats;
            next++;
        }

        if ((_operation.Addends & AttentionAddend.Relative) != 0)
        {
            addends.Height = _operation.RelativeExtent(Node.Inputs[next].Shape);
            addends.RelativeRows = Reads[next++].Floats;
            addends.Width = _operation.RelativeExtent(Node.Inputs[next].Shape);
            addends.RelativeColumns = Reads[next++].Floats;
        }

        if ((_operation.Addends & AttentionAddend.Mask) != 0)
        {
            addends.Groups = Node.Inputs[next].Shape[0];
            addends.Mask = Reads[next].Floats;
        }

        return addends;
    }
}

/// <summary>Multi-head attention.</summary>
internal sealed unsafe class AttentionStep : AttentionWork
{
    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public AttentionStep(Node node, PlanBuilder builder)
        : base(node, (Graph.Operations.Attention)node.Operation, builder)
    {
        if (!builder.IsRead(node.Outputs[1]))
        {
            Writes = [Writes[0]];
        }
    }

    /// <inheritdoc/>
    public override long ScratchFloats => AttentionKernel.ScratchFloats(in Geometry);

    /// <inheritdoc/>
    protected override int AttentionParts => AttentionKernel.Parts(in Geometry);

    /// <inheritdoc/>
    protected override void Attend(in AttentionAddends addends, int first, int last, float* scratch)
    {
        (Tokens query, Tokens key, Tokens value) = TokenOperands;
        float* logSumExp = Writes.Count > 1 ? Writes[1].Floats : null;
        AttentionKernel.Forward(in Geometry, query, key, value, in addends, ValueChannels(Writes[0]), logSumExp, first, last, scratch);
    }
}

/// <summary>The gradient of multi-head attention.</summary>
internal sealed unsafe class AttentionGradientStep : AttentionWork
{
    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public AttentionGradientStep(Node node, PlanBuilder builder)
        : base(node, ((Graph.Operations.AttentionGradient)node.Operation).Forward, builder)
    {
    }

    /// <inheritdoc/>
    public override long ScratchFloats => Kernels.AttentionGradient.ScratchFloats(in Geometry);

    /// <inheritdoc/>
    protected override int AttentionParts => Kernels.AttentionGradient.Parts(in Geometry);

    /// <inheritdoc/>
    protected override void Attend(in AttentionAddends addends, int first, int last, float* scratch)
    {
        (Tokens query, Tokens key, Tokens value) = TokenOperands;
        Kernels.AttentionGradient.Operands operands = new()
        {
            Query = query,
            Key = key,
            Value = value,
            Addends = addends,
            LogSumExp = Reads[NextOperand].Floats,
            OutputGradient = ValueChannels(Reads[NextOperand + 1]),
            QueryGradient = Channels(Writes[0]),
            KeyGradient = Channels(Writes[1]),
            ValueGradient = ValueChannels(Writes[2]),
            ScoreGradient = addends.Table == null ? null : Writes[3].Floats,
            RelativeRowsGradient = addends.RelativeRows == null ? null : Writes[^2].Floats,
            RelativeColumnsGradient = addends.RelativeRows == null ? null : Writes[^1].Floats,
        };
        Kernels.AttentionGradient.Run(in Geometry, in operands, first, last, scratch);
    }
}
