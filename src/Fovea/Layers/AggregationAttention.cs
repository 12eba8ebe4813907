namespace Fovea.Layers;

/// <summary>
/// Attention that aggregates a map in class tokens (arXiv 2112.13692): only the class tokens attend. A single class token is among the
/// keys, as in the official code; tokens of one class each see the map alone.
/// </summary>
internal sealed class AggregationAttention : Module
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _projection;
    private readonly int _heads;
    private readonly float _scale;
    private readonly bool _seesClassTokens;
    private readonly float _dropout;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="seesClassTokens">True if the class tokens are among the keys.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="bias">True if queries, keys and values have a bias.</param>
    /// <param name="dropout">Dropout behind the projection.</param>
    public AggregationAttention(int channels, bool seesClassTokens, int heads = 1, bool bias = true, float dropout = 0)
    {
        _query = Add("q", new Linear(channels, channels, bias));
        _key = Add("k", new Linear(channels, channels, bias));
        _value = Add("v", new Linear(channels, channels, bias));
        _projection = Add("proj", new Linear(channels, channels));
        (_heads, _scale, _seesClassTokens, _dropout) = (heads, 1 / MathF.Sqrt((float)channels / heads), seesClassTokens, dropout);
    }

    /// <summary>Builds the attention.</summary>
    /// <param name="list">Tokens (B, m + N, C), class tokens first.</param>
    /// <param name="grid">Grid of the tokens.</param>
    /// <returns>Features that each class token gathers: (B, m, C).</returns>
    public Value Forward(Value list, TokenGrid grid)
    {
        using (Enter(list.Graph))
        {
            TokenGrid seen = _seesClassTokens ? grid : grid with { ClassTokens = 0 };
            Value keys = list.Slice(1, grid.Count - seen.Count, seen.Count);
            AttentionTokens tokens = new(new TokenGrid(0, 0, grid.ClassTokens), seen);
            Value gathered = _query.Forward(list.Slice(1, 0, grid.ClassTokens))
                .Attend(_key.Forward(keys), _value.Forward(keys), _heads, _scale, tokens);
            return _projection.Forward(gathered).Dropout(_dropout);
        }
    }
}
