namespace Fovea.Layers;

/// <summary>The core of every attention layer: softmax of scaled query-key products plus a bias, times values.</summary>
internal static class DotProductAttention
{
    /// <summary>
    /// Applies attention per head to token lists query (B, N, C), key and value (B, M, C), and leaves an <see cref="AttentionDescription"/>
    /// in the graph.
    /// </summary>
    /// <param name="query">Queries; head h is channels h·d … (h+1)·d−1.</param>
    /// <param name="key">Keys.</param>
    /// <param name="value">Values.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="scale">Factor on the products, not on the bias.</param>
    /// <param name="tokens">Grids of the queries and keys.</param>
    /// <param name="bias">Added to the scores.</param>
    /// <param name="dropout">Probability that a training graph zeroes an attention weight.</param>
    public static Value Attend(
        this Value query,
        Value key,
        Value value,
        int heads,
        float scale,
        AttentionTokens tokens,
        AttentionBias? bias = null,
        float dropout = 0)
    {
        ComputeGraph graph = query.Graph;
        AttentionDescription description = new(graph.Path, tokens, heads, scale, query, key, bias ?? AttentionBias.None);
        graph.Annotate(description);
        if (dropout == 0 || !graph.Training)
        {
            return query.Attention(key, value, heads, scale, bias);
        }

        // The fused operation does not keep the weights, so dropping some of them needs the products written out.
        Value joined = description.Weights().Dropout(dropout).MatMul(value.SplitHeads(heads)).Permute(0, 2, 1, 3);
        return joined.Reshape([query.Shape[0], query.Shape[1], value.Shape[2]]);
    }
}
