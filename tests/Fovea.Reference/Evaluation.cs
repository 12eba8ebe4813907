namespace Fovea.Reference;

/// <summary>Finds the definition of an operation. A new operation gets its line here.</summary>
internal static class Evaluation
{
    private static readonly Dictionary<Type, Action<NodeRun>> _definitions = new()
    {
        [typeof(Constant)] = run => Array.Fill(run.Out(), ((Constant)run.Node.Operation).Number),
        [typeof(IntegerTensor)] = run => ((IntegerTensor)run.Node.Operation).Elements.CopyTo(run.Outputs[0], 0),
        [typeof(FloatTensor)] = run => ((FloatTensor)run.Node.Operation).Elements.CopyTo(run.Outputs[0], 0),
        [typeof(Unary)] = Pointwise.Forward,
        [typeof(ActivationDerivative)] = Pointwise.Forward,
        [typeof(Binary)] = Pointwise.Forward,
        [typeof(Power)] = Pointwise.Forward,
        [typeof(Where)] = Pointwise.Forward,
        [typeof(BroadcastTo)] = Pointwise.Forward,
        [typeof(PointwiseChain)] = Pointwise.Chain,
        [typeof(MatMul)] = Products.MatMul,
        [typeof(Convolution)] = Convolutions.Forward,
        [typeof(ConvolutionInputGradient)] = Convolutions.InputGradient,
        [typeof(ConvolutionWeightGradient)] = Convolutions.WeightGradient,
        [typeof(DepthwiseConvolution)] = Depthwise.Forward,
        [typeof(DepthwiseInputGradient)] = Depthwise.InputGradient,
        [typeof(DepthwiseWeightGradient)] = Depthwise.WeightGradient,
        [typeof(Attention)] = Attentions.Forward,
        [typeof(AttentionGradient)] = Attentions.Gradient,
        [typeof(LayerNormalization)] = Normalizations.Layer,
        [typeof(LayerNormalizationGradient)] = Normalizations.LayerGradient,
        [typeof(BatchStatistics)] = Normalizations.BatchStatistics,
        [typeof(Softmax)] = Normalizations.Softmax,
        [typeof(SoftmaxGradient)] = Normalizations.SoftmaxGradient,
        [typeof(LogSoftmax)] = Normalizations.LogSoftmax,
        [typeof(CrossEntropy)] = Losses.CrossEntropy,
        [typeof(CrossEntropyGradient)] = Losses.CrossEntropyGradient,
        [typeof(Reduction)] = Reductions.Reduction,
        [typeof(Pooling)] = Poolings.Forward,
        [typeof(PoolingGradient)] = Poolings.Gradient,
        [typeof(Permute)] = Layouts.Permute,
        [typeof(Concat)] = Layouts.Concat,
        [typeof(Chunk)] = Layouts.Chunk,
        [typeof(Slice)] = Layouts.Slice,
        [typeof(Pad)] = Layouts.Pad,
        [typeof(Gather)] = Layouts.Gather,
        [typeof(ScatterAdd)] = Layouts.ScatterAdd,
        [typeof(Resize)] = Resampling.Forward,
        [typeof(ResizeGradient)] = Resampling.Gradient,
        [typeof(RoiAlign)] = RoiPoolings.Forward,
        [typeof(RoiAlignGradient)] = RoiPoolings.Gradient,
        [typeof(Dropout)] = Dropouts.Forward,
    };

    /// <summary>
    /// Whether an operation of the given type is evaluated, by a definition or, as leaves and reshapes are, by the plan itself.
    /// </summary>
    public static bool Handles(Type operation) =>
        _definitions.ContainsKey(operation)
        || operation.IsAssignableTo(typeof(CustomOperation))
        || operation == typeof(Input)
        || operation == typeof(ReadVariable)
        || operation == typeof(Reshape);

    /// <summary>Computes a node's results from its operands.</summary>
    /// <exception cref="NotSupportedException">There is no definition of the operation.</exception>
    public static void Run(NodeRun run)
    {
        if (_definitions.TryGetValue(run.Node.Operation.GetType(), out Action<NodeRun>? define))
        {
            define(run);
        }
        else if (run.Node.Operation is CustomOperation operation)
        {
            CustomOperations.Run(operation, run);
        }
        else
        {
            string name = run.Node.Operation.GetType().Name;
            throw new NotSupportedException($"{run.Node}: the reference executor has no definition of the operation {name}.");
        }
    }
}
