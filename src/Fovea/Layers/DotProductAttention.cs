namespace Fovea.Layers;

/// <summary>The core of every attention layer: softmax of scaled query-key products plus a bias, times values.</summary>
public static class DotProductAttention
{
    /// <summary>Applies attention per head to token lists query (B, N, C), key and value (B, M, C).</summary>
    /// <param name="query">Queries; head h is channels h·d … (h+1)·d−1.</param>
    /// <param name="key">Keys.</param>
    /// <param name="value">Values.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="scale">Factor on the products, not on the bias.</param>
    /// <param name="bias">Added to the scores: (heads, N, M), or null.</param>
    /// <param name="dropout">Probability that a training graph zeroes an attention weight.</param>
    public static Value Attend(this Value query, Value key, Value value, int heads, float scale, Value? bias = null, float dropout = 0)
    {
        if (dropout == 0 || !query.Graph.Training)
        {
            return query.Attention(key, value, heads, scale, bias);
        }

        // The fused operation does not keep the weights, so dropping some of them needs the products written out.
        Value scores = Split(query).MatrixProduct(Split(key), transposeRight: true) * scale;
        Value weights = (bias is null ? scores : scores + bias).Softmax().Dropout(dropout);
        Value joined = weights.MatrixProduct(Split(value)).Permute(0, 2, 1, 3);
        return joined.Reshape([query.Shape[0], query.Shape[1], value.Shape[2]]);

        Value Split(Value tokens) => tokens.Reshape([tokens.Shape[0], tokens.Shape[1], heads, tokens.Shape[2] / heads]).Permute(0, 2, 1, 3);
    }
}
