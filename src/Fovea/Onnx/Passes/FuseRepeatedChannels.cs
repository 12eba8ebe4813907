namespace Fovea.Onnx.Passes;

/// <summary>
/// A depthwise convolution with several results per channel: map (N, H, W, C), weights (kernel height, kernel width, k·C), result (N, H',
/// W', k·C).
/// </summary>
/// <param name="WindowSpec">Kernel, stride, padding, dilation.</param>
/// <param name="HasBias">A third operand, a vector of the result's channels, is added.</param>
internal sealed record ChannelMultiplyingConvolution(WindowSpec WindowSpec, bool HasBias = false) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        (Shape map, Shape weights) = (inputs[0].Shape, inputs[1].Shape);
        Require(weights.Last % map.Last == 0, () => $"the channels of the weights {weights} are no multiple of those of the map {map}");
        return [new TensorType(WindowSpec.Output(map, weights.Last))];
    }
}

/// <summary>
/// Replaces a depthwise convolution of repeated channels by one that reads the channels once and gives several results for each.
/// </summary>
internal sealed class FuseRepeatedChannels : Fusion
{
    /// <inheritdoc/>
    protected override Value? Replace(Node node) =>
        node.Operation is DepthwiseConvolution { WindowSpec: var window, Epilogue: var epilogue }
        && epilogue == Epilogue.None
        && Repeated(node.Inputs[0]) is Value map
            ? Target.Apply(new ChannelMultiplyingConvolution(window), Mapped(map), Mapped(node.Inputs[1]))
            : null;

    // The map (N, H, W, C) behind (N, H, W, C) → (N, H, W, C, 1) → (N, H, W, C, k) → (N, H, W, k·C).
    private static Value? Repeated(Value value) =>
        value.Producer is { Operation: Reshape } joined
        && joined.Inputs[0].Producer is { Operation: BroadcastTo { Target: { Rank: 5 } target } } repeated
        && repeated.Inputs[0].Producer is { Operation: Reshape } apart
        && apart.Inputs[0].Shape is { Rank: 4 } map
        && apart.Outputs[0].Shape.Equals([.. map, 1])
        && target.Equals([.. map, target.Last])
        && value.Shape.Equals(map.With(-1, map.Last * target.Last))
            ? apart.Inputs[0]
            : null;
}
