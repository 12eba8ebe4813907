using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Multi-head self-attention over a whole map (N, H, W, C), with a position embedding (arXiv 2101.11605, figure 4), and behind it, where it
/// stands for a strided convolution, the mean of 2×2 positions. There is no projection: the bottleneck's last 1×1 convolution mixes the
/// heads.
/// </summary>
internal sealed class BottleneckAttention : Module
{
    private readonly BottleneckAttentionConfig _config;
    private readonly int _stride;
    private readonly int _width;
    private readonly Conv2d[] _queryKeyValue;
    private readonly RelativePositionEmbedding? _position;

    /// <summary>Makes an attention.</summary>
    /// <param name="config">Heads and kind of position embedding.</param>
    /// <param name="channels">Channels in.</param>
    /// <param name="map">Rows and columns of the map that the position embedding is made for.</param>
    /// <param name="stride">1, or 2 to halve the result.</param>
    public BottleneckAttention(BottleneckAttentionConfig config, int channels, (int Height, int Width) map, int stride = 1)
    {
        _config = config;
        _stride = stride;
        bool separate = config.Position == BottleneckPosition.Leaderj1001;
        int headWidth = separate ? channels / config.Heads : config.HeadWidth;
        _width = config.Heads * headWidth;
        if (separate)
        {
            // In that code's checkpoints the position embedding stands in front.
            _position = Add("", new RelativePositionEmbedding(config, headWidth, map));
            _queryKeyValue = [Project("query"), Project("key"), Project("value")];
            return;
        }

        (string joined, string position) = config.Position == BottleneckPosition.Absolute ? ("to_qkv", "pos_emb") : ("qkv", "pos_embed");
        Initializer initializer = Initializer.TruncatedNormal(1 / Math.Sqrt(channels));
        int parts = config.Position == BottleneckPosition.RelativeOnly ? 2 : 3;
        Conv2d queryKeyValue = new(channels, parts * _width, kernel: 1, bias: config.QueryKeyValueBias, initializer: initializer);
        _queryKeyValue = [Add(joined, queryKeyValue)];
        _position = config.Position == BottleneckPosition.None
            ? null
            : Add(position, new RelativePositionEmbedding(config, headWidth, map));

        Conv2d Project(string key) => Add(key, new Conv2d(channels, _width, kernel: 1, initializer: Initializer.FanInUniform));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        (Value query, Value key, Value value) = QueryKeyValue(x);
        TokenGrid grid = new(x.Shape[1], x.Shape[2]);
        AttentionTokens tokens = AttentionTokens.Within(grid);
        float scale = 1 / MathF.Sqrt((float)_width / _config.Heads);
        Value attended = _config.Position switch
        {
            BottleneckPosition.Relative or BottleneckPosition.RelativeOnly =>
                query.Attend(key, value, _config.Heads, scale, tokens, _position!.Relative(query, grid, scale)),
            BottleneckPosition.Absolute => query.Attend(_position!.AddTo(key, grid, scale), value, _config.Heads, scale, tokens),
            BottleneckPosition.Leaderj1001 => _position!.AttendAsLeaderj1001(query, key, value, grid),
            _ => query.Attend(key, value, _config.Heads, scale, tokens),
        };
        Value map = attended.ToMap(x.Shape[1], x.Shape[2]);
        return _stride == 1 ? map : Halve(map);
    }

    /// <summary>
    /// The mean of the positions that there are under 2×2 windows; a last odd row or column is its own, so that the shortcut's map is met.
    /// </summary>
    private static Value Halve(Value map)
    {
        (int down, int right) = (map.Shape[1] % 2, map.Shape[2] % 2);
        Value mean = Mean(map);
        return down + right == 0 ? mean : mean / Mean(map.Graph.Filled([1, map.Shape[1], map.Shape[2], 1], 1));

        Value Mean(Value x) => x.Pad(1, 0, down).Pad(2, 0, right).AveragePooling(new WindowSpec(2, Stride: 2));
    }

    private (Value Query, Value Key, Value Value) QueryKeyValue(Value x)
    {
        Value[] projected = [.. _queryKeyValue.Select(layer => layer.Forward(x).ToTokens())];
        if (projected is not [Value joined])
        {
            return (projected[0], projected[1], projected[2]);
        }

        Value query = joined.Slice(2, 0, _width);
        Value value = joined.Slice(2, joined.Shape.Last - _width, _width);
        return _config.Position == BottleneckPosition.RelativeOnly
            ? (query, x.Graph.Filled(query.Shape, 0), value)
            : (query, joined.Slice(2, _width, _width), value);
    }
}
