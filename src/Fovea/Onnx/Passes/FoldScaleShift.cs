namespace Fovea.Onnx.Passes;

/// <summary>
/// Moves a scale and shift into the matrix product with weights that alone reads it: (x·s + t)·W + b = x·(s·W) + (t·W + b), where s·W
/// and t·W + b are constants.
/// </summary>
internal sealed class FoldScaleShift : Fusion
{
    /// <inheritdoc/>
    protected override Value? Replace(Node node)
    {
        if (node.Operation is not MatMul { TransposeLeft: false } product
            || node.Inputs[0].Producer is not { Operation: ScaleShift } before
            || node.Inputs[1].Shape.Rank != 2
            || !Uses.IsConstant(node.Inputs[1])
            || Uses.OnlyConsumer(node.Inputs[0]) is null)
        {
            return null;
        }

        (Value weights, Value scale, Value shift) = (Mapped(node.Inputs[1]), Mapped(before.Inputs[1]), Mapped(before.Inputs[2]));
        int channels = scale.Shape.Last;
        Value scaled = weights * scale.Reshape(product.TransposeRight ? [1, channels] : [channels, 1]);
        Value bias = shift.Reshape([1, channels]).MatMul(weights, transposeRight: product.TransposeRight);
        bias = bias.Reshape([bias.Shape.Last]);
        bias = product.Epilogue.Bias ? bias + Mapped(node.Inputs[2]) : bias;
        return Target.Apply(product with { Epilogue = new(Bias: true) }, Mapped(before.Inputs[0]), scaled, bias);
    }
}
