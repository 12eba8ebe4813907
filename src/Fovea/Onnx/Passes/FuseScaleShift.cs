namespace Fovea.Onnx.Passes;

/// <summary>
/// x · scale + shift, both vectors of channels: the rest of a batch normalisation that no linear operation stands in front of.
/// </summary>
internal sealed record ScaleShift : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Shape vector = [inputs[0].Shape.Last];
        bool areVectors = inputs.Skip(1).All(input => input.Shape.Equals(vector));
        Require(areVectors, () => $"scale and shift of {inputs[0].Shape} are vectors {vector}");
        return [inputs[0]];
    }
}

/// <summary>Joins the scaling and shifting of a map's channels into one node.</summary>
internal sealed class FuseScaleShift : Fusion
{
    /// <inheritdoc/>
    protected override Value? Replace(Node node)
    {
        Shape shape = node.Outputs[0].Shape;
        return node.Operation is Binary { Kind: BinaryKind.Add }
            && shape.Rank == 4
            && node.Inputs[0].Producer is { Operation: Binary { Kind: BinaryKind.Multiply } } scaling
            && Uses.OnlyConsumer(node.Inputs[0]) is not null
            && scaling.Inputs[0].Shape.Equals(shape)
            && IsVector(scaling.Inputs[1], shape.Last)
            && IsVector(node.Inputs[1], shape.Last)
                ? Target.Apply(new ScaleShift(), Mapped(scaling.Inputs[0]), Mapped(scaling.Inputs[1]), Mapped(node.Inputs[1]))
                : null;
    }
}
