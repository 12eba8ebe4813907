namespace Fovea.Layers;

/// <summary>
/// Attention-based aggregation in place of average pooling (arXiv 2112.13692): class tokens gather a map by attention and pass a
/// feed-forward network, both with layer scale and beside a shortcut. The map itself stays as it is.
/// </summary>
internal sealed class AggregationBlock : Module
{
    private readonly Parameter _attentionScale;
    private readonly LayerNorm _norm;
    private readonly AggregationAttention _attention;
    private readonly PreNormBranch _mlp;

    /// <summary>Makes a block.</summary>
    /// <param name="channels">Channels of map and tokens.</param>
    /// <param name="perClass">
    /// True if each class has a token of its own, which sees the map alone; otherwise a single token also sees itself.
    /// </param>
    /// <param name="layerScale">First value of both layer scales.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="mlpRatio">Hidden width of the feed-forward network by channels, truncated.</param>
    /// <param name="bias">True if queries, keys and values have a bias.</param>
    /// <param name="epsilon">ε of the layer normalisations.</param>
    /// <param name="dropout">Dropout behind the attention and in the feed-forward network.</param>
    public AggregationBlock(
        int channels,
        bool perClass,
        float layerScale,
        int heads = 1,
        double mlpRatio = 3,
        bool bias = true,
        float epsilon = 1e-6f,
        float dropout = 0)
    {
        _attentionScale = Add("gamma_1", new Parameter([channels], Initializer.Constant(layerScale)));
        Parameter mlpScale = Add("gamma_2", new Parameter([channels], Initializer.Constant(layerScale)));
        _norm = Add("norm1", new LayerNorm(channels, epsilon));
        _attention = Add("attn", new AggregationAttention(channels, seesClassTokens: !perClass, heads, bias, dropout));
        Mlp mlp = new(channels, (int)(channels * mlpRatio), dropout: dropout);
        _mlp = Add("", new PreNormBranch("norm2", new LayerNorm(channels, epsilon), "mlp", mlp, scale: mlpScale));
    }

    /// <summary>Builds the block.</summary>
    /// <param name="x">A map (N, H, W, C) and class tokens (N, m, C).</param>
    /// <returns>The class tokens, which now know the map: (N, m, C).</returns>
    public Value Forward(TokenMap x)
    {
        using (Enter(x.Map.Graph))
        {
            // The shortcut takes the class tokens as they were before the norm.
            Value gathered = _attention.Forward(_norm.Forward(x.ToList()), x.Grid).Mark("aggregation_out");
            return _mlp.Forward(x.Tokens + (gathered * x.Map.Graph.Read(_attentionScale)));
        }
    }
}
