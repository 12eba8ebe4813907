using System.Globalization;

namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Multi-head attention on token lists, without moving heads: query (B, N, heads·d), key (B, M, heads·d), value (B, M, heads·e) and a
/// bias of the scores (<see cref="AttentionBias"/>). Per head: softmax over keys of (scale · q·kᵀ + bias), times v. Results:
/// (B, N, heads·e), and the logarithm of each row's sum of exponentials (B, heads, N), which the gradient needs and inference does
/// not compute.
/// </summary>
/// <param name="Heads">Number of heads; head h is channels h·d … (h+1)·d−1.</param>
/// <param name="Scale">Factor on q·kᵀ, not on the bias.</param>
/// <param name="BiasParts">The parts of the bias that follow query, key and value.</param>
public sealed record Attention(int Heads, float Scale, AttentionBiasParts BiasParts) : Operation
{
    /// <inheritdoc/>
    public override string Details => string.Create(
        CultureInfo.InvariantCulture, $"{Heads} heads, scale {Scale}{(BiasParts == AttentionBiasParts.None ? "" : $", bias {BiasParts}")}");

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 3 + BiasOperands);
        Shape q = inputs[0].Shape;
        Shape k = inputs[1].Shape;
        Shape v = inputs[2].Shape;
        Require(q.Rank == 3 && k.Rank == 3 && v.Rank == 3, () => $"query, key and value are token lists (B, N, C), got {q}, {k}, {v}");
        Require(q[0] == k[0] && k[0] == v[0] && k[1] == v[1], () => $"batch or number of keys differ: query {q}, key {k}, value {v}");
        Require(
            q[2] == k[2] && q[2] % Heads == 0 && v[2] % Heads == 0,
            () => $"{Heads} heads do not divide the channels of query {q}, key {k}, value {v}");
        int next = 3;
        if (BiasParts.HasFlag(AttentionBiasParts.Table))
        {
            Shape table = [Heads, q[1], k[1]];
            Require(inputs[next++].Shape.Equals(table), () => $"a position bias of shape {table} expected, got {inputs[3].Shape}");
        }

        if (BiasParts.HasFlag(AttentionBiasParts.Relative))
        {
            Shape rows = inputs[next++].Shape;
            Shape columns = inputs[next++].Shape;
            int cells = RelativeExtent(rows) * RelativeExtent(columns);
            Require(
                rows.Equals(q.With(2, rows[2])) && columns.Equals(q.With(2, columns[2])) && cells == q[1] && cells == k[1],
                () => $"relative logits {rows} and {columns} do not fit query {q} and key {k}");
        }

        if (BiasParts.HasFlag(AttentionBiasParts.Mask))
        {
            Shape mask = inputs[next].Shape;
            Require(
                mask.Rank == 2 && mask[1] == k[1] && q[0] % mask[0] == 0,
                () => $"a mask (groups, {k[1]}) with groups that divide {q[0]} expected, got {mask}");
        }

        return [new TensorType([q[0], q[1], v[2]]), new TensorType([q[0], Heads, q[1]])];
    }

    /// <summary>The number of operands that the bias takes.</summary>
    public int BiasOperands =>
        ((BiasParts & AttentionBiasParts.Table) != 0 ? 1 : 0)
        + ((BiasParts & AttentionBiasParts.Relative) != 0 ? 2 : 0)
        + ((BiasParts & AttentionBiasParts.Mask) != 0 ? 1 : 0);

    /// <summary>The extent of the grid along the side that relative logits (B, N, heads·(2·extent−1)) are for.</summary>
    public int RelativeExtent(Shape logits) => ((logits.Last / Heads) + 1) / 2;

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Node gradient = node.Graph.Add(new AttentionGradient(this), [.. node.Inputs, node.Outputs[1], outputGradients[0]!]);
        List<Value?> gradients = [.. gradient.Outputs];
        if (BiasParts.HasFlag(AttentionBiasParts.Table))
        {
            Shape table = node.Inputs[3].Shape;
            gradients[3] = gradients[3]!.SumTo([1, .. table]).Reshape(table);
        }

        if (BiasParts.HasFlag(AttentionBiasParts.Mask))
        {
            gradients.Add(null);
        }

        return gradients;
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
/// The gradient of <see cref="Attention"/>: from its operands, its second result and the first one's gradient to those of query, key and
/// value, with a table of the scores (B, heads, N, M), whose sum over the batch is the table's gradient, and with relative logits of those.
/// Probabilities are computed again, not stored.
/// </summary>
/// <param name="Forward">The attention.</param>
internal sealed record AttentionGradient(Attention Forward) : Operation
{
    /// <inheritdoc/>
    public override string Details => Forward.Details;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 5 + Forward.BiasOperands);
        Shape q = inputs[0].Shape;
        Shape k = inputs[1].Shape;
        bool table = Forward.BiasParts.HasFlag(AttentionBiasParts.Table);
        List<TensorType> gradients = [inputs[0], inputs[1], inputs[2]];
        if (table)
        {
            gradients.Add(new TensorType([q[0], Forward.Heads, q[1], k[1]]));
        }

        if (Forward.BiasParts.HasFlag(AttentionBiasParts.Relative))
        {
            gradients.AddRange(inputs.Skip(table ? 4 : 3).Take(2));
        }

        return gradients;
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node)
    {
        Shape q = node.Inputs[0].Shape;
        Shape v = node.Inputs[2].Shape;
        return (long)q[0] * q[1] * v[1] * ((3 * q[2]) + (2 * v[2]));
    }
}

/// <summary>Attention as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>Multi-head attention of query (B, N, C) over key and value (B, M, C).</summary>
    public static Value Attention(this Value query, Value key, Value value, int heads, float scale, AttentionBias? bias = null)
    {
        bias ??= AttentionBias.None;
        return query.Graph.Add(new Attention(heads, scale, bias.Parts), [query, key, value, .. bias.Operands]).Outputs[0];
    }

    /// <summary>The scores (B, heads, N, M) that an attention applies its softmax to, written out.</summary>
    public static Value AttentionScores(this Value query, Value key, int heads, float scale, AttentionBias bias)
    {
        Value scores = query.SplitHeads(heads).MatMul(key.SplitHeads(heads), transposeRight: true) * scale;
        Shape shape = scores.Shape;
        if (bias.Table is Value table)
        {
            scores += table;
        }

        if (bias is { RelativeRows: Value rows, RelativeColumns: Value columns })
        {
            int width = ((columns.Shape.Last / heads) + 1) / 2;
            scores += RelativeLogits(rows, heads, shape, cell => cell / width)
                + RelativeLogits(columns, heads, shape, cell => cell % width);
        }

        if (bias.Mask is Value mask)
        {
            int groups = mask.Shape[0];
            Value grouped = scores.Reshape([shape[0] / groups, groups, shape[1], shape[2], shape[3]]);
            scores = (grouped + mask.Reshape([groups, 1, 1, shape[3]])).Reshape(shape);
        }

        return scores;
    }

    /// <summary>Token lists (B, N, heads·d) as (B, heads, N, d).</summary>
    public static Value SplitHeads(this Value tokens, int heads) =>
        tokens.Reshape([tokens.Shape[0], tokens.Shape[1], heads, tokens.Shape[2] / heads]).Permute(0, 2, 1, 3);

    private static Value RelativeLogits(Value logits, int heads, Shape scores, Func<int, int> place)
    {
        int entries = logits.Shape.Last / heads;
        int[] indices = new int[scores.Elements];
        for (int i = 0; i < indices.Length; i++)
        {
            (int row, int key) = Math.DivRem(i, scores[3]);
            (int map, int query) = Math.DivRem(row, scores[2]);
            (int batch, int head) = Math.DivRem(map, heads);
            indices[i] = (((((batch * scores[2]) + query) * heads) + head) * entries) + place(key) - place(query) + (entries / 2);
        }

        return logits.Reshape([(int)logits.Shape.Elements, 1]).Gather(logits.Graph.Table(scores, indices)).Reshape(scores);
    }
}
