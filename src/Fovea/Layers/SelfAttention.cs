namespace Fovea.Layers;

/// <summary>
/// Multi-head self-attention over token lists (B, N, C) (arXiv 1706.03762, section 3.2): one linear layer gives queries, keys and values
/// (output channel: which of the three, head, channel in the head), another mixes the heads.
/// </summary>
public sealed class SelfAttention : Module
{
    private readonly Linear _queryKeyValue;
    private readonly Linear? _projection;
    private readonly int _heads;
    private readonly int _headWidth;
    private readonly float _dropout;
    private readonly float _projectionDropout;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="headWidth">Channels of a head.</param>
    /// <param name="bias">True if queries, keys and values have a bias.</param>
    /// <param name="projection">True if a linear layer mixes the heads.</param>
    /// <param name="initializer">Initializer of the weights, as <see cref="Linear"/> takes it.</param>
    /// <param name="dropout">Dropout of attention weights.</param>
    /// <param name="projectionDropout">Dropout behind the projection.</param>
    /// <param name="queryKeyValueKey">Checkpoint key of the first layer.</param>
    /// <param name="projectionKey">Checkpoint key of the second layer.</param>
    public SelfAttention(
        int channels,
        int heads,
        int headWidth,
        bool bias = true,
        bool projection = true,
        Initializer? initializer = null,
        float dropout = 0,
        float projectionDropout = 0,
        string queryKeyValueKey = "qkv",
        string projectionKey = "proj")
    {
        _queryKeyValue = Add(queryKeyValueKey, new Linear(channels, 3 * heads * headWidth, bias, initializer));
        _projection = projection ? Add(projectionKey, new Linear(heads * headWidth, channels, initializer: initializer)) : null;
        (_heads, _headWidth, _dropout, _projectionDropout) = (heads, headWidth, dropout, projectionDropout);
    }

    /// <summary>Builds the attention.</summary>
    /// <param name="x">Tokens (B, N, C).</param>
    /// <param name="tokens">Grid of the tokens.</param>
    /// <param name="bias">Added to the scores.</param>
    public Value Forward(Value x, AttentionTokens tokens, AttentionBias? bias = null)
    {
        using (Enter(x.Graph))
        {
            int width = _heads * _headWidth;
            Value joined = _queryKeyValue.Forward(x);
            Value query = joined.Slice(2, 0, width);
            Value key = joined.Slice(2, width, width);
            Value value = joined.Slice(2, 2 * width, width);
            Value attended = query.Attend(key, value, _heads, 1 / MathF.Sqrt(_headWidth), tokens, bias, _dropout);
            return (_projection is null ? attended : _projection.Forward(attended)).Dropout(_projectionDropout);
        }
    }
}
