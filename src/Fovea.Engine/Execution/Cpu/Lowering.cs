using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution.Cpu.KernelCalls;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>Chooses the kernel call that computes a node on this processor. A new operation gets its line here.</summary>
internal static class Lowering
{
    /// <summary>The kernel call of a node.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static KernelCall CallFor(Node node, PlanBuilder builder) => node.Operation switch
    {
        Constant or IntegerTensor or FloatTensor => new ConstantCall(node, builder),
        PointwiseChain => new PointwiseCall(node, builder),
        MatMul when WeightGradientCall.Fits(node) => new WeightGradientCall(node, builder),
        MatMul when node.Inputs[1].Shape.Rank == 2 => new MatMulCall(node, builder),
        MatMul => new BatchedMatMulCall(node, builder),
        Convolution or ConvolutionInputGradient when WinogradCall.Fits(node, builder) => new WinogradCall(node, builder),
        Convolution when PixelBlockedConvolutionCall.Fits(node, builder) => new PixelBlockedConvolutionCall(node, builder),
        Convolution => new ConvolutionCall(node, builder),
        ConvolutionInputGradient => new ConvolutionInputGradientCall(node, builder),
        ConvolutionWeightGradient when FasterWeightGradientCall<WinogradWeightGradientKernel>.Fits(node) =>
            new FasterWeightGradientCall<WinogradWeightGradientKernel>(node, builder),
        ConvolutionWeightGradient when FasterWeightGradientCall<NarrowWeightGradientKernel>.Fits(node) =>
            new FasterWeightGradientCall<NarrowWeightGradientKernel>(node, builder),
        ConvolutionWeightGradient => new ConvolutionWeightGradientCall(node, builder),
        DepthwiseConvolution => new DepthwiseConvolutionCall(node, builder),
        DepthwiseInputGradient => new DepthwiseInputGradientCall(node, builder),
        DepthwiseWeightGradient => new DepthwiseWeightGradientCall(node, builder),
        Attention => new AttentionCall(node, builder),
        AttentionGradient => new AttentionGradientCall(node, builder),
        LayerNormalization => new LayerNormalizationCall(node, builder),
        LayerNormalizationGradient => new LayerNormalizationGradientCall(node, builder),
        BatchStatistics => new BatchStatisticsCall(node, builder),
        Softmax => new SoftmaxCall(node, builder),
        LogSoftmax => new LogSoftmaxCall(node, builder),
        SoftmaxGradient => new SoftmaxGradientCall(node, builder),
        CrossEntropy => new CrossEntropyCall(node, builder),
        CrossEntropyGradient => new CrossEntropyGradientCall(node, builder),
        Reduction => new ReductionCall(node, builder),
        Pooling => new PoolingCall(node, builder),
        PoolingGradient => new PoolingGradientCall(node, builder),
        Permute => new PermuteCall(node, builder),
        Concat => new ConcatCall(node, builder),
        Chunk => new ChunkCall(node, builder),
        Slice => new SliceCall(node, builder),
        Pad => new PadCall(node, builder),
        Gather => new GatherCall(node, builder),
        ScatterAdd => new ScatterAddCall(node, builder),
        Resize or ResizeGradient => new ResizeCall(node, builder),
        RoiAlign => new RoiAlignForwardCall(node, builder),
        RoiAlignGradient => new RoiAlignGradientCall(node, builder),
        Dropout => new DropoutCall(node, builder),
        CustomOperation => new CustomCall(node, builder),
        _ => throw new NotSupportedException($"{node}: this processor has no kernel for the operation {node.Operation.GetType().Name}."),
    };

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

    /// <summary>True if a consumer reads a constant operand only in packed form, so that the operand itself need not be kept.</summary>
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

        bool ReadsTable(Attention attention) => (attention.BiasParts & AttentionBiasParts.Table) != 0 && consumer.Inputs[3] == operand;
    }

    /// <summary>
    /// True if a slice is read by attentions alone, as queries, keys or values: they take it from where it is cut out of.
    /// </summary>
    public static bool ReadsInPlace(Node slice, UseInfo uses)
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
