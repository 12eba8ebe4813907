namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Cross-entropy of logits (N, classes) against labels (N), per row: result (N). A label of −1 leaves its row out (loss and gradient 0).
/// With smoothing ε the target is 1 − ε + ε/classes for the label and ε/classes elsewhere (arXiv 1512.00567, section 7).
/// </summary>
/// <param name="Smoothing">ε, from 0 to below 1.</param>
public sealed record CrossEntropy(float Smoothing) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 2);
        RequireElementType(inputs, 0, ElementType.Float32);
        Shape logits = inputs[0].Shape;
        Require(logits.Rank == 2, () => $"logits have two axes (N, classes), got {logits}");
        Shape labels = [logits[0]];
        Require(
            inputs[1].ElementType == ElementType.Int32 && inputs[1].Shape.Equals(labels),
            () => $"integer labels {labels} expected, got {inputs[1].ElementType} {inputs[1].Shape}");
        return [new TensorType(labels)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [node.Graph.Apply(new CrossEntropyGradient(Smoothing), node.Inputs[0], node.Inputs[1], outputGradients[0]!), null];
}

/// <summary>The gradient of <see cref="CrossEntropy"/>'s logits from logits, labels and the gradient of each row's loss.</summary>
/// <param name="Smoothing">ε.</param>
public sealed record CrossEntropyGradient(float Smoothing) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 3);
        RequireElementType(inputs, 0, ElementType.Float32);
        RequireElementType(inputs, 1, ElementType.Int32);
        RequireElementType(inputs, 2, ElementType.Float32);
        return [inputs[0]];
    }
}

/// <summary>Losses as methods on values.</summary>
public static class CrossEntropyExtensions
{
    /// <summary>Cross-entropy of each row of logits (N, classes) against labels (N).</summary>
    public static Value CrossEntropy(this Value logits, Value labels, float smoothing = 0) =>
        logits.Graph.Apply(new CrossEntropy(smoothing), logits, labels);
}
