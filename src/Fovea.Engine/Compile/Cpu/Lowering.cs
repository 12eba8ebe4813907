using Fovea.Engine.Compile.Cpu.Steps;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Compile.Passes;

namespace Fovea.Engine.Compile.Cpu;

/// <summary>Chooses the step that computes a node on this processor. A new operation gets its line here.</summary>
internal static class Lowering
{
    /// <summary>The step for a node.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static Step StepFor(Node node, PlanBuilder builder) => node.Operation switch
    {
        Constant or IntegerTensor or FloatTensor => new ConstantStep(node, builder),
        PointwiseChain => new PointwiseStep(node, builder),
        MatMul when WeightGradientStep.Fits(node) => new WeightGradientStep(node, builder),
        MatMul when node.Inputs[1].Shape.Rank == 2 => new ProductStep(node, builder),
        MatMul => new BatchedProductStep(node, builder),
        Convolution or ConvolutionInputGradient when WinogradStep.Fits(node, builder) => new WinogradStep(node, builder),
        Convolution when JointConvolutionStep.Fits(node, builder) => new JointConvolutionStep(node, builder),
        Convolution => new ConvolutionStep(node, builder),
        ConvolutionInputGradient => new ConvolutionInputGradientStep(node, builder),
        ConvolutionWeightGradient => new ConvolutionWeightGradientStep(node, builder),
        DepthwiseConvolution => new DepthwiseStep(node, builder),
        DepthwiseInputGradient => new DepthwiseInputGradientStep(node, builder),
        DepthwiseWeightGradient => new DepthwiseWeightGradientStep(node, builder),
        Attention => new AttentionStep(node, builder),
        AttentionGradient => new AttentionGradientStep(node, builder),
        LayerNormalization => new LayerNormalizationStep(node, builder),
        LayerNormalizationGradient => new LayerNormalizationGradientStep(node, builder),
        BatchStatistics => new BatchStatisticsStep(node, builder),
        Softmax => new SoftmaxStep(node, builder),
        LogSoftmax => new LogSoftmaxStep(node, builder),
        SoftmaxGradient => new SoftmaxGradientStep(node, builder),
        CrossEntropy => new CrossEntropyStep(node, builder),
        CrossEntropyGradient => new CrossEntropyGradientStep(node, builder),
        Reduction => new ReductionStep(node, builder),
        Pooling => new PoolingStep(node, builder),
        PoolingGradient => new PoolingGradientStep(node, builder),
        Permute => new PermuteStep(node, builder),
        Concat => new ConcatStep(node, builder),
        Slice => new SliceStep(node, builder),
        Pad => new PadStep(node, builder),
        Gather => new GatherStep(node, builder),
        ScatterAdd => new ScatterAddStep(node, builder),
        Resize or ResizeGradient => new ResizeStep(node, builder),
        Dropout => new DropoutStep(node, builder),
        CustomOperation => new CustomStep(node, builder),
        _ => throw new NotSupportedException($"{node}: this processor has no step for the operation {node.Operation.GetType().Name}."),
    };

    /// <summary>Node, operands and results as a step keeps them; results that nobody reads get no buffer use.</summary>
    public static (Node Node, IReadOnlyList<PlannedBuffer> Reads, IReadOnlyList<PlannedBuffer> Writes) Operands(Node node, PlanBuilder builder) =>
        (node, [.. node.Inputs.Select(builder.BufferOf)], [.. node.Outputs.Select(builder.BufferOf)]);

    /// <summary>A value as rows of its last axis.</summary>
    public static (int Rows, int Columns) RowsAndColumns(Shape shape) => ((int)(shape.Elements / shape.Last), shape.Last);

    /// <summary>The product of the extents in front of an axis.</summary>
    public static int Rows(Shape shape, int axis)
    {
        int rows = 1;
        for (int i = 0; i < axis; i++)
        {
            rows *= shape[i];
        }

        return rows;
    }

    /// <summary>Whether a consumer reads a constant operand only in packed form, so that the operand itself need not be kept.</summary>
    public static bool ReadsPacked(Node consumer, Value operand)
    {
        return consumer.Inputs.Count(input => input == operand) == 1
        && consumer.Operation switch
        {
            MatMul { TransposeLeft: false } => consumer.Inputs[1] == operand && operand.Shape.Rank == 2,
            Convolution => consumer.Inputs[1] == operand && operand.Shape.Rank is 2 or 4,
            Attention attention => ReadsTable(attention),
            AttentionGradient gradient => ReadsTable(gradient.Forward),
            _ => false,
        };

        bool ReadsTable(Attention attention) => (attention.Addends & AttentionAddend.Table) != 0 && consumer.Inputs[3] == operand;
    }

    /// <summary>Whether a slice is read by attentions alone, as queries, keys or values: they take it from where it is cut out of.</summary>
    public static bool ReadsInPlace(Node slice, Uses uses)
    {
        Value tokens = slice.Outputs[0];
        return slice.Operation is Slice { Axis: 2 }
            && tokens.Shape.Rank == 3
            && !uses.IsConstant(tokens)
            && !uses.IsResult(tokens)
            && uses.Consumers(tokens) is { Count: > 0 } consumers
            && consumers.All(consumer => consumer.Operation is Attention or AttentionGradient && !consumer.Inputs.Skip(3).Contains(tokens));
    }
}
