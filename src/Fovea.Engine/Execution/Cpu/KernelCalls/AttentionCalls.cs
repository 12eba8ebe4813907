using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>
/// Base of attention and its gradient: sizes and bias. A table is packed in front of every run where it changes (first phase), or once
/// where it depends on weights alone.
/// </summary>
internal abstract unsafe class AttentionCallBase : NodeCall
{
    private readonly Attention _operation;
    private readonly AttentionGeometry _geometry;
    private readonly CpuBuffer? _table;
    private readonly CpuBuffer? _packedTable;
    private readonly bool _packsEachRun;
    private readonly (int Start, int Stride)[] _channels;

    /// <summary>Reads the sizes off a node whose first operands are those of the attention.</summary>
    protected AttentionCallBase(Node node, Attention operation, PlanBuilder builder)
        : base(node, builder)
    {
        _operation = operation;
        Shape query = node.Inputs[0].Shape;
        Shape value = node.Inputs[2].Shape;
        _geometry = new AttentionGeometry(
            query[0], operation.Heads, query[1], value[1], query[2] / operation.Heads, value[2] / operation.Heads, operation.Scale);
        _channels = [.. node.Inputs.Take(3).Select(operand => ChannelsOf(operand, builder.Uses))];
        if ((operation.BiasParts & AttentionBiasParts.Table) != 0)
        {
            CpuBuffer table = _table = Reads[3];
            long floats = PackedBiasTable.Floats(in _geometry);
            _packsEachRun = !builder.Uses.IsConstant(node.Inputs[3]) || builder.Uses.IsConstant(node.Outputs[0]);
            _packedTable = _packsEachRun
                ? Temporary(floats, builder)
                : builder.AddPacked(
                    node.Inputs[3],
                    $"bias table {_geometry.Heads} {_geometry.Queries} {_geometry.Keys}",
                    floats,
                    packed => new PackCall(
                        table,
                        packed,
                        PackedBiasTable.Parts(in _geometry),
                        (first, last) => PackedBiasTable.Pack(in _geometry, table.Floats, packed.Floats, first, last)));
        }
    }

    /// <summary>The sizes.</summary>
    protected ref readonly AttentionGeometry Geometry => ref _geometry;

    /// <summary>Index of the operand behind those of the attention.</summary>
    protected int NextOperand => 3 + _operation.BiasOperands;

    /// <summary>Independent parts of the attention.</summary>
    protected abstract int AttentionParts { get; }

    /// <inheritdoc/>
    public sealed override int Phases => _packsEachRun ? 2 : 1;

    /// <inheritdoc/>
    public sealed override int Parts(int phase) => _packsEachRun && phase == 0 ? PackedBiasTable.Parts(in _geometry) : AttentionParts;

    /// <inheritdoc/>
    public sealed override void Run(int phase, int first, int last, int worker)
    {
        if (_packsEachRun && phase == 0)
        {
            PackedBiasTable.Pack(in _geometry, _table!.Floats, _packedTable!.Floats, first, last);
        }
        else
        {
            Attend(BiasPointers(), first, last, ScratchOf(worker));
        }
    }

    /// <summary>Computes parts of the attention or its gradient.</summary>
    protected abstract void Attend(in AttentionBiasArguments bias, int first, int last, float* scratch);

    /// <summary>Queries, keys and values, as they lie.</summary>
    protected (Tokens Query, Tokens Key, Tokens Value) TokenOperands => (TokenOperand(0), TokenOperand(1), TokenOperand(2));

    /// <summary>A buffer with the channels of queries and keys.</summary>
    protected Tokens Channels(CpuBuffer buffer) => new(buffer.Floats, _geometry.Heads * _geometry.Width);

    /// <summary>A buffer with the channels of values.</summary>
    protected Tokens ValueChannels(CpuBuffer buffer) => new(buffer.Floats, _geometry.Heads * _geometry.ValueWidth);

    private static (int Start, int Stride) ChannelsOf(Value operand, UseInfo uses) =>
        operand.Producer is { Operation: Slice slice } node && Lowering.ReadsInPlace(node, uses)
            ? (slice.Start, node.Inputs[0].Shape[2])
            : (0, operand.Shape[2]);

    private Tokens TokenOperand(int index) => new(Reads[index].Floats + _channels[index].Start, _channels[index].Stride);

    private AttentionBiasArguments BiasPointers()
    {
        // Not HasFlag: before the runtime optimises this method, that allocates.
        AttentionBiasArguments bias = default;
        int next = 3;
        if ((_operation.BiasParts & AttentionBiasParts.Table) != 0)
        {
            bias.Table = _packedTable!.Floats;
            next++;
        }

        if ((_operation.BiasParts & AttentionBiasParts.Relative) != 0)
        {
            bias.Height = _operation.RelativeExtent(Node.Inputs[next].Shape);
            bias.RelativeRows = Reads[next++].Floats;
            bias.Width = _operation.RelativeExtent(Node.Inputs[next].Shape);
            bias.RelativeColumns = Reads[next++].Floats;
        }

        if ((_operation.BiasParts & AttentionBiasParts.Mask) != 0)
        {
            bias.Groups = Node.Inputs[next].Shape[0];
            bias.Mask = Reads[next].Floats;
        }

        return bias;
    }
}

/// <summary>Multi-head attention.</summary>
internal sealed unsafe class AttentionCall : AttentionCallBase
{
    /// <summary>Reads the sizes off the node.</summary>
    public AttentionCall(Node node, PlanBuilder builder)
        : base(node, (Attention)node.Operation, builder)
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
    protected override void Attend(in AttentionBiasArguments bias, int first, int last, float* scratch)
    {
        (Tokens query, Tokens key, Tokens value) = TokenOperands;
        float* logSumExp = Writes.Count > 1 ? Writes[1].Floats : null;
        AttentionKernel.Forward(in Geometry, query, key, value, in bias, ValueChannels(Writes[0]), logSumExp, first, last, scratch);
    }
}

/// <summary>The gradient of multi-head attention.</summary>
internal sealed unsafe class AttentionGradientCall : AttentionCallBase
{
    /// <summary>Reads the sizes off the node.</summary>
    public AttentionGradientCall(Node node, PlanBuilder builder)
        : base(node, ((AttentionGradient)node.Operation).Forward, builder)
    {
    }

    /// <inheritdoc/>
    public override long ScratchFloats => AttentionGradientKernel.ScratchFloats(in Geometry);

    /// <inheritdoc/>
    protected override int AttentionParts => AttentionGradientKernel.Parts(in Geometry);

    /// <inheritdoc/>
    protected override void Attend(in AttentionBiasArguments bias, int first, int last, float* scratch)
    {
        (Tokens query, Tokens key, Tokens value) = TokenOperands;
        AttentionGradientArguments operands = new()
        {
            Query = query,
            Key = key,
            Value = value,
            Bias = bias,
            LogSumExp = Reads[NextOperand].Floats,
            OutputGradient = ValueChannels(Reads[NextOperand + 1]),
            QueryGradient = Channels(Writes[0]),
            KeyGradient = Channels(Writes[1]),
            ValueGradient = ValueChannels(Writes[2]),
            ScoreGradient = bias.Table == null ? null : Writes[3].Floats,
            RelativeRowsGradient = bias.RelativeRows == null ? null : Writes[^2].Floats,
            RelativeColumnsGradient = bias.RelativeRows == null ? null : Writes[^1].Floats,
        };
        AttentionGradientKernel.Run(in Geometry, in operands, first, last, scratch);
    }
}
