using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Layer normalisation.</summary>
internal sealed unsafe class LayerNormalizationCall : RowCall
{
    private readonly bool _keepStatistics;

    /// <summary>Reads the sizes off the node.</summary>
    public LayerNormalizationCall(Node node, PlanBuilder builder)
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
internal sealed unsafe class LayerNormalizationGradientCall : TwoPhaseCall
{
    private readonly int _rows;
    private readonly int _columns;

    /// <summary>Reads the sizes off the node.</summary>
    public LayerNormalizationGradientCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        (_rows, _columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
        PlanPartials(LayerNormKernel.PartialFloats(_rows, _columns), builder);
    }

    /// <inheritdoc/>
    protected override int ComputeParts => LayerNormKernel.GradientParts(_rows);

    /// <inheritdoc/>
    protected override int MergeParts => 1;

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch) => LayerNormKernel.Gradient(
        Reads[0].Floats,
        Reads[1].Floats,
        Reads[2].Floats,
        Reads[3].Floats,
        Reads[4].Floats,
        Writes[0].Floats,
        Partials,
        _rows,
        _columns,
        first,
        last);

    /// <inheritdoc/>
    protected override void Merge(int first, int last) =>
        LayerNormKernel.MergeGradient(Partials, Writes[1].Floats, Writes[2].Floats, _rows, _columns);
}

/// <summary>Mean and variance of each channel.</summary>
internal sealed unsafe class BatchStatisticsCall : TwoPhaseCall
{
    private readonly int _rows;
    private readonly int _columns;

    /// <summary>Reads the sizes off the node.</summary>
    public BatchStatisticsCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        (_rows, _columns) = Lowering.RowsAndColumns(node.Inputs[0].Shape);
        PlanPartials(BatchStatisticsKernel.PartialFloats(_rows, _columns), builder);
    }

    /// <inheritdoc/>
    protected override int ComputeParts => BatchStatisticsKernel.Parts(_rows);

    /// <inheritdoc/>
    protected override int MergeParts => 1;

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch) =>
        BatchStatisticsKernel.Partials(Reads[0].Floats, Partials, _rows, _columns, first, last);

    /// <inheritdoc/>
    protected override void Merge(int first, int last) =>
        BatchStatisticsKernel.Merge(Partials, Writes[0].Floats, Writes[1].Floats, _rows, _columns);
}

/// <summary>Softmax over the last axis.</summary>
internal sealed unsafe class SoftmaxCall(Node node, PlanBuilder builder) : RowCall(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.Forward(Reads[0].Floats, Writes[0].Floats, Rows, Columns, first, last);
}

/// <summary>Logarithm of the softmax over the last axis.</summary>
internal sealed unsafe class LogSoftmaxCall(Node node, PlanBuilder builder) : RowCall(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.LogForward(Reads[0].Floats, Writes[0].Floats, Rows, Columns, first, last);
}

/// <summary>The gradient of softmax.</summary>
internal sealed unsafe class SoftmaxGradientCall(Node node, PlanBuilder builder) : RowCall(node, builder)
{
    /// <inheritdoc/>
    public override int Parts(int phase) => SoftmaxKernel.Parts(Rows, Columns);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker) =>
        SoftmaxKernel.Gradient(Reads[0].Floats, Reads[1].Floats, Writes[0].Floats, Rows, Columns, first, last);
}
