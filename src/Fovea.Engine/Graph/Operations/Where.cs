namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Choice between two values, element by element: operands condition, a and b, broadcasting; the result is a where the condition is not 0,
/// else b. The element that is not chosen has no influence, even where it is infinite or not a number. The condition has no gradient.
/// </summary>
public sealed record Where : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 3);
        return [new TensorType(Shape.Broadcast(inputs[0].Shape, Shape.Broadcast(inputs[1].Shape, inputs[2].Shape)))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value condition = node.Inputs[0];
        Value dy = outputGradients[0]!;
        Value zero = node.Graph.Scalar(0);
        return [null, condition.Where(dy, zero).SumTo(node.Inputs[1].Shape), condition.Where(zero, dy).SumTo(node.Inputs[2].Shape)];
    }
}
