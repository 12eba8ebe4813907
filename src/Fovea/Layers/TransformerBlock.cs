namespace Fovea.Layers;

/// <summary>The checkpoint keys of a transformer block's parts.</summary>
/// <param name="AttentionNorm">The norm in front of the attention.</param>
/// <param name="Attention">The attention.</param>
/// <param name="MlpNorm">The norm in front of the feed-forward network.</param>
/// <param name="Mlp">The feed-forward network.</param>
public sealed record TransformerBlockKeys(
    string AttentionNorm = "norm1", string Attention = "attn", string MlpNorm = "norm2", string Mlp = "mlp");

/// <summary>
/// A block of a vision transformer (arXiv 2010.11929, eq. 2 and 3): self-attention, then a feed-forward network, each behind a norm and
/// beside a shortcut.
/// </summary>
public sealed class TransformerBlock : Module
{
    private readonly PreNormBranch _attentionBranch;
    private readonly SelfAttention _attention;
    private readonly PreNormBranch _mlpBranch;

    /// <summary>Makes a block.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="attention">The attention.</param>
    /// <param name="mlp">The feed-forward network.</param>
    /// <param name="epsilon">ε of both layer normalisations.</param>
    /// <param name="dropPath">Probability of dropping a branch of a sample in training.</param>
    /// <param name="keys">Checkpoint keys.</param>
    public TransformerBlock(
        int channels, SelfAttention attention, Mlp mlp, float epsilon, float dropPath = 0, TransformerBlockKeys? keys = null)
    {
        keys ??= new TransformerBlockKeys();
        _attention = attention;
        (LayerNorm attentionNorm, LayerNorm mlpNorm) = (new LayerNorm(channels, epsilon), new LayerNorm(channels, epsilon));
        _attentionBranch = Add("", new PreNormBranch(keys.AttentionNorm, attentionNorm, keys.Attention, attention, dropPath));
        _mlpBranch = Add("", new PreNormBranch(keys.MlpNorm, mlpNorm, keys.Mlp, mlp, dropPath));
    }

    /// <summary>Builds the block.</summary>
    /// <param name="x">Tokens (B, N, C).</param>
    /// <param name="tokens">Grid of the tokens.</param>
    public Value Forward(Value x, AttentionTokens tokens)
    {
        using (Enter(x.Graph))
        {
            return _mlpBranch.Forward(_attentionBranch.Forward(x, y => _attention.Forward(y, tokens)));
        }
    }
}
