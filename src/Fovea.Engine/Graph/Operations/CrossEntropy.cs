using System.Globalization;

namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Cross-entropy of logits (N, classes) against labels (N), per row: result (N). A label of −1 leaves its row out (loss and gradient 0).
/// With smoothing ε the target is 1 − ε + ε/classes for the label and ε/classes elsewhere (arXiv 1512.00567, section 7).
/// </summary>
/// <param name="Smoothing">ε, from 0 to below 1.</param>
public sealed record CrossEntropy(float Smoothing) : Operation
{
    /// <inheritdoc/>
    public override string Details => Smoothing == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"smoothing {Smoothing}");

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
internal sealed record CrossEntropyGradient(float Smoothing) : Operation
{
    /// <inheritdoc/>
    public override string Details => Smoothing == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"smoothing {Smoothing}");

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
public static partial class ValueExtensions
{
    /// <summary>Cross-entropy of each row of logits (N, classes): result (N).</summary>
    /// <param name="logits">Logits (N, classes).</param>
    /// <param name="targets">
    /// Labels (N) of Int32, where −1 leaves a row out; or target distributions (N, classes) of Float32, where a row of zeros
    /// leaves it out.
    /// </param>
    /// <param name="smoothing">Share ε of each target, from 0 to below 1, that is spread evenly over all classes.</param>
    /// <exception cref="ShapeException">The targets are neither.</exception>
    public static Value CrossEntropy(this Value logits, Value targets, float smoothing = 0)
    {
        if (targets.Type.ElementType != ElementType.Float32)
        {
            return logits.Graph.Apply(new CrossEntropy(smoothing), logits, targets);
        }

        if (logits.Shape.Rank != 2 || !targets.Shape.Equals(logits.Shape))
        {
            string path = logits.Graph.Path;
            throw new ShapeException(
                path.Length == 0 ? "CrossEntropy" : $"{path} (CrossEntropy)",
                new ShapeException(
                    $"logits (N, classes) and target distributions of their shape expected, got {logits.Shape} and {targets.Shape}"));
        }

        if (smoothing != 0)
        {
            targets = (targets * (1 - smoothing)) + (targets.Sum(1) * (smoothing / targets.Shape[1]));
        }

        return -(targets * logits.LogSoftmax()).Sum(1).Reshape([logits.Shape[0]]);
    }
}
