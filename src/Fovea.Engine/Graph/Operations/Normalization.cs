using System.Globalization;

namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Layer normalisation over the last axis (arXiv 1607.06450): operands x (…, C), weight (C), bias (C); results y, and per row the mean
/// and 1/√(variance + ε).
/// </summary>
/// <param name="Epsilon">Added to the variance.</param>
public sealed record LayerNormalization(float Epsilon) : Operation
{
    /// <inheritdoc/>
    public override string Details => string.Create(CultureInfo.InvariantCulture, $"ε {Epsilon}");

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 3);
        Shape x = inputs[0].Shape;
        Shape vector = [x.Last];
        Require(
            inputs[1].Shape.Equals(vector) && inputs[2].Shape.Equals(vector),
            () => $"{x} takes weight and bias {vector}, got {inputs[1].Shape} and {inputs[2].Shape}");
        Shape rows = [(int)(x.Elements / x.Last)];
        return [inputs[0], new TensorType(rows), new TensorType(rows)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        node.Graph.Add(
            new LayerNormalizationGradient(),
            node.Inputs[0],
            node.Inputs[1],
            node.Outputs[1],
            node.Outputs[2],
            outputGradients[0]!).Outputs;
}

/// <summary>The gradient of <see cref="LayerNormalization"/>: from x, weight, mean, 1/std and dy to those of x, weight and bias.</summary>
internal sealed record LayerNormalizationGradient : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 5);
        return [inputs[0], inputs[1], inputs[1]];
    }
}

/// <summary>
/// Mean and (biased) variance of each channel over all other axes: x (…, C) gives two vectors (C). Batch normalisation (arXiv 1502.03167)
/// is this followed by element-wise operations, so that the compiler can fuse them with their neighbours.
/// </summary>
public sealed record BatchStatistics : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        TensorType vector = new([inputs[0].Shape.Last]);
        return [vector, vector];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value x = node.Inputs[0];
        float share = (float)x.Shape.Last / x.Shape.Elements;
        Value? gradient = null;
        if (outputGradients[1] is Value variance)
        {
            gradient = (x - node.Outputs[0]) * (variance * (2 * share));
        }

        if (outputGradients[0] is Value mean)
        {
            Value spread = mean * share;
            gradient = gradient is null ? spread.BroadcastTo(x.Shape) : gradient + spread;
        }

        return [gradient];
    }
}

/// <summary>Softmax over the last axis.</summary>
public sealed record Softmax : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [node.Graph.Apply(new SoftmaxGradient(), node.Outputs[0], outputGradients[0]!)];
}

/// <summary>The gradient of <see cref="Softmax"/> from its result and the result's gradient.</summary>
internal sealed record SoftmaxGradient : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return [inputs[0]];
    }
}

/// <summary>
/// Logarithm of the softmax over the last axis, computed without forming the softmax: x − max − log Σ exp(x − max).
/// </summary>
public sealed record LogSoftmax : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value dy = outputGradients[0]!;
        Value sum = dy.Shape.Rank == 0 ? dy : dy.Sum(dy.Shape.Rank - 1);
        return [dy - (node.Outputs[0].Exp() * sum)];
    }
}

/// <summary>Normalisation as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>Layer normalisation over the last axis.</summary>
    public static Value LayerNormalization(this Value x, Value weight, Value bias, float epsilon) =>
        x.Graph.Add(new LayerNormalization(epsilon), x, weight, bias).Outputs[0];

    /// <summary>Mean and biased variance of each channel.</summary>
    public static (Value Mean, Value Variance) BatchStatistics(this Value x)
    {
        Node node = x.Graph.Add(new BatchStatistics(), x);
        return (node.Outputs[0], node.Outputs[1]);
    }

    /// <summary>Softmax over the last axis.</summary>
    public static Value Softmax(this Value x) => x.Graph.Apply(new Softmax(), x);

    /// <summary>Logarithm of the softmax over the last axis, stable for logits of any size.</summary>
    public static Value LogSoftmax(this Value x) => x.Graph.Apply(new LogSoftmax(), x);
}
