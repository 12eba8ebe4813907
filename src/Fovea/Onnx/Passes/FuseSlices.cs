namespace Fovea.Onnx.Passes;

/// <summary>A value cut into parts along one axis.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Lengths">The extent of each part along the axis.</param>
internal sealed record Split(int Axis, Shape Lengths) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Shape whole = inputs[0].Shape;
        Require(Lengths.Sum() == whole[Axis], () => $"parts of {Lengths} along axis {Axis} do not make up {whole}");
        return [.. Lengths.Select(length => inputs[0] with { Shape = whole.With(Axis, length) })];
    }
}

/// <summary>Joins the slices that a value is cut into, if they make up the whole and nothing else reads it, into one node.</summary>
internal sealed class FuseSlices : Fusion
{
    /// <inheritdoc/>
    protected override Value? Replace(Node node)
    {
        if (node.Operation is not Slice slice || Parts(node.Inputs[0], slice.Axis) is not [_, _, ..] parts)
        {
            return null;
        }

        // All parts are cut where the first one is.
        if (!HasReplacement(node.Outputs[0]))
        {
            Shape lengths = Shape.Create([.. parts.Select(part => part.Outputs[0].Shape[slice.Axis])]);
            Node split = Target.Add(new Split(slice.Axis, lengths), Mapped(node.Inputs[0]));
            for (int i = 0; i < parts.Length; i++)
            {
                Map(parts[i].Outputs[0], split.Outputs[i]);
            }
        }

        return Mapped(node.Outputs[0]);
    }

    // The readers of a value in order, if they are slices that follow one another from its beginning to its end.
    private Node[]? Parts(Value whole, int axis)
    {
        Node[] parts = [.. Uses.Consumers(whole).OrderBy(reader => reader.Operation is Slice slice ? slice.Start : -1)];
        int end = 0;
        foreach (Node part in parts)
        {
            if (part.Operation is not Slice slice || slice.Axis != axis || slice.Start != end)
            {
                return null;
            }

            end += slice.Length;
        }

        return end == whole.Shape[axis] ? parts : null;
    }
}
