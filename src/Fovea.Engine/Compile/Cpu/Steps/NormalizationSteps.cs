using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Layer normalisation.</summary>
internal sealed unsafe class LayerNormalizationStep : Step
{
    private readonly int _rows;
    private readonly int _columns;
    private readonly bool _keepStatistics;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public LayerNormalizationStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (_rows, _columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
        _keepStatistics = builder.IsRead(node.Outputs[1]);
        if (!_keepStatistics)
        {
            Writes = [Writes[0]];
        }
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => LayerNormKernel.Parts(_rows, _columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) => LayerNormKernel.Forward(
        Reads[0].Floats,
        Reads[1].Floats,
        Reads[2].Floats,
        ((LayerNormalization)Node.Operation).Epsilon,
        Writes[0].Floats,
        _keepStatistics ? Writes[1].Floats : null,
        _keepStatistics ? Writes[2].Floats : null,
        _rows,
        _columns,
        first,
        last);
}

/// <summary>The gradients of layer normalisation.</summary>
internal sealed unsafe class LayerNormalizationGradientStep : Step
{
    private readonly int _rows;
    private readonly int _columns;
    private readonly PlannedBuffer _partials;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public LayerNormalizationGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (_rows, _columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
        _partials = Temporary(LayerNormKernel.PartialFloats(_rows, _columns), builder);
    }

    /// <inheritdoc/>
    public override int Phases => 2;

    /// <inheritdoc/>
    public override int Parts(int phase) => phase == 0 ? LayerNormKernel.GradientParts(_rows) : 1;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        if (phase == 0)
        {
            LayerNormKernel.Gradient(
                Reads[0].Floats, Reads[1].Floats, Reads[2].Floats, Reads[3].Floats, Reads[4].Floats, Writes[0].Floats, _partials.Floats, _rows, _columns, first, last);
        }
        else
        {
            LayerNormKernel.MergeGradient(_partials.Floats, Writes[1].Floats, Writes[2].Floats, _rows, _columns);
        }
    }
}

/// <summary>Mean and variance of each channel.</summary>
internal sealed unsafe class BatchStatisticsStep : Step
{
    private readonly int _rows;
    private readonly int _columns;
    private readonly PlannedBuffer _partials;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public BatchStatisticsStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (_rows, _columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
        _partials = Temporary(BatchStatisticsKernel.PartialFloats(_rows, _columns), builder);
    }

    /// <inheritdoc/>
    public override int Phases => 2;

    /// <inheritdoc/>
    public override int Parts(int phase) => phase == 0 ? BatchStatisticsKernel.Parts(_rows) : 1;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        if (phase == 0)
        {
            BatchStatisticsKernel.Partials(Reads[0].Floats, _partials.Floats, _rows, _columns, first, last);
        }
        else
        {
            BatchStatisticsKernel.Merge(_partials.Floats, Writes[0].Floats, Writes[1].Floats, _rows, _columns);
        }
    }
}

/// <summary>Softmax over the last axis.</summary>
internal sealed unsafe class SoftmaxStep : Step
{
    private readonly int _rows;
    private readonly int _columns;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public SoftmaxStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (_rows, _columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(_rows, _columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.Forward(Reads[0].Floats, Writes[0].Floats, _rows, _columns, first, last);
}

/// <summary>The gradient of softmax.</summary>
internal sealed unsafe class SoftmaxGradientStep : Step
{
    private readonly int _rows;
    private readonly int _columns;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public SoftmaxGradientStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        (_rows, _columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(_rows, _columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.Gradient(Reads[0].Floats, Reads[1].Floats, Writes[0].Floats, _rows, _columns, first, last);
}
