namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Multi-head attention on token lists, without moving heads: query (B, N, heads·d), key (B, M, heads·d), value (B, M, heads·e) and, where present,
/// an additive bias (heads, N, M). Per head: softmax over keys of (scale · q·kᵀ + bias), times v. Results: (B, N, heads·e), and the logarithm of
/// each row's sum of exponentials (B, heads, N), which the gradient needs and inference does not compute.
/// </summary>
/// <param name="Heads">Number of heads; head h is channels h·d … (h+1)·d−1.</param>
/// <param name="Scale">Factor on q·kᵀ, not on the bias.</param>
/// <param name="Bias">True where a bias is the fourth operand.</param>
public sealed record Attention(int Heads, float Scale, bool Bias) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Shape q = inputs[0].Shape;
        Shape k = inputs[1].Shape;
        Shape v = inputs[2].Shape;
        Require(q.Rank == 3 && k.Rank == 3 && v.Rank == 3, () => $"query, key and value are token lists (B, N, C), got {q}, {k}, {v}");
        Require(q[0] == k[0] && k[0] == v[0] && k[1] == v[1], () => $"batch or number of keys differ: query {q}, key {k}, value {v}");
        Require(q[2] == k[2] && q[2] % Heads == 0 && v[2] % Heads == 0, () => $"{Heads} heads do not divide the channels of query {q}, key {k}, value {v}");
        Shape bias = [Heads, q[1], k[1]];
        Require(!Bias || inputs[3].Shape.Equals(bias), () => $"a position bias of shape {bias} expected, got {inputs[3].Shape}");
        return [new TensorType([q[0], q[1], v[2]]), new TensorType([q[0], Heads, q[1]])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Node gradient = node.Graph.Add(
            new AttentionGradient(Heads, Scale, Bias),
            [.. node.Inputs, node.Outputs[1], outputGradients[0]!]);
        return Bias
            ? [gradient.Outputs[0], gradient.Outputs[1], gradient.Outputs[2], gradient.Outputs[3].SumTo([1, .. node.Inputs[3].Shape]).Reshape(node.Inputs[3].Shape)]
            : [gradient.Outputs[0], gradient.Outputs[1], gradient.Outputs[2]];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node)
    {
        Shape q = node.Inputs[0].Shape;
        Shape v = node.Inputs[2].Shape;
        return (long)q[0] * q[1] * v[1] * (q[2] + v[2]);
    }
}

/// <summary>
/// The gradient of <see cref="Attention"/>: from its operands, its second result and the first one's gradient to those of query, key and value and,
/// with a bias, of the scores (B, heads, N, M), whose sum over the batch is the bias's gradient. Probabilities are computed again, not stored.
/// </summary>
/// <param name="Heads">Number of heads.</param>
/// <param name="Scale">Factor on q·kᵀ.</param>
/// <param name="Bias">True where there is a bias.</param>
public sealed record AttentionGradient(int Heads, float Scale, bool Bias) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        Shape q = inputs[0].Shape;
        Shape k = inputs[1].Shape;
        TensorType[] gradients = [inputs[0], inputs[1], inputs[2]];
        return Bias ? [.. gradients, new TensorType([q[0], Heads, q[1], k[1]])] : gradients;
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node)
    {
        Shape q = node.Inputs[0].Shape;
        Shape v = node.Inputs[2].Shape;
        return (long)q[0] * q[1] * v[1] * ((3 * q[2]) + (2 * v[2]));
    }
}

/// <summary>Attention as a method on values.</summary>
public static class AttentionExtensions
{
    /// <summary>Multi-head attention of query (B, N, C) over key and value (B, M, C), with an optional additive bias (heads, N, M).</summary>
    public static Value Attention(this Value query, Value key, Value value, int heads, float scale, Value? bias = null) =>
        bias is null
            ? query.Graph.Add(new Attention(heads, scale, false), query, key, value).Outputs[0]
            : query.Graph.Add(new Attention(heads, scale, true), query, key, value, bias).Outputs[0];
}
