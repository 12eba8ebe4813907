using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>Layer normalisation.</summary>
internal sealed unsafe class LayerNormalizationStep : RowStep
{
    private readonly bool _keepStatistics;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public LayerNormalizationStep(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _keepStatistics = builder.IsRead(node.Outputs[1]);
        if (!_keepStatistics)
        {
            Writes = [Writes[0]];
        }
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => LayerNormKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) => LayerNormKernel.Forward(
        Reads[0].Floats,
        Reads[1].Floats,
        Reads[2].Floats,
        ((LayerNormalization)Node.Operation).Epsilon,
        Writes[0].Floats,
        _keepStatistics ? Writes[1].Floats : null,
        _keepStatistics ? Writes[2].Floats : null,
        Rows,
        Columns,
        first,
        last);
}

/// <summary>The gradients of layer normalisation.</summary>
internal sealed unsafe class LayerNormalizationGradientStep : RowStep
{
    private readonly PlannedBuffer _partials;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public LayerNormalizationGradientStep(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _partials = Temporary(LayerNormKernel.PartialFloats(Rows, Columns), builder);
    }

    /// <inheritdoc/>
    public override int Phases => 2;

    /// <inheritdoc/>
    public override int Parts(int phase) => phase == 0 ? LayerNormKernel.GradientParts(Rows) : 1;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        if (phase == 0)
        {
            LayerNormKernel.Gradient(
                Reads[0].Floats, Reads[1].Floats, Reads[2].Floats, Reads[3].Floats, Reads[4].Floats, Writes[0].Floats, _partials.Floats, Rows, Columns, first, last);
        }
        else
        {
            LayerNormKernel.MergeGradient(_partials.Floats, Writes[1].Floats, Writes[2].Floats, Rows, Columns);
        }
    }
}

/// <summary>Mean and variance of each channel.</summary>
internal sealed unsafe class BatchStatisticsStep : RowStep
{
    private readonly PlannedBuffer _partials;

    /// <summary>Reads the sizes off the node.</summary>
    [SetsRequiredMembers]
    public BatchStatisticsStep(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _partials = Temporary(BatchStatisticsKernel.PartialFloats(Rows, Columns), builder);
    }

    /// <inheritdoc/>
    public override int Phases => 2;

    /// <inheritdoc/>
    public override int Parts(int phase) => phase == 0 ? BatchStatisticsKernel.Parts(Rows) : 1;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        if (phase == 0)
        {
            BatchStatisticsKernel.Partials(Reads[0].Floats, _partials.Floats, Rows, Columns, first, last);
        }
        else
        {
            BatchStatisticsKernel.Merge(_partials.Floats, Writes[0].Floats, Writes[1].Floats, Rows, Columns);
        }
    }
}

/// <summary>Softmax over the last axis.</summary>
[method: SetsRequiredMembers]
internal sealed unsafe class SoftmaxStep(Node node, PlanBuilder builder) : RowStep(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.Forward(Reads[0].Floats, Writes[0].Floats, Rows, Columns, first, last);
}

/// <summary>Logarithm of the softmax over the last axis.</summary>
[method: SetsRequiredMembers]
internal sealed unsafe class LogSoftmaxStep(Node node, PlanBuilder builder) : RowStep(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.LogForward(Reads[0].Floats, Writes[0].Floats, Rows, Columns, first, last);
}

/// <summary>The gradient of softmax.</summary>
[method: SetsRequiredMembers]
internal sealed unsafe class SoftmaxGradientStep(Node node, PlanBuilder builder) : RowStep(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.Gradient(Reads[0].Floats, Reads[1].Floats, Writes[0].Floats, Rows, Columns, first, last);
}
