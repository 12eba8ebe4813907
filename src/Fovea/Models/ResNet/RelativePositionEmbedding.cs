using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Position embedding of the rows and columns of a map, for <see cref="BottleneckAttention"/>. On maps of another size it is resized by
/// linear interpolation.
/// </summary>
internal sealed class RelativePositionEmbedding : Module
{
    private readonly int _heads;
    private readonly bool _scaled;
    private readonly Parameter _rows;
    private readonly Parameter _columns;

    /// <summary>Makes the embedding.</summary>
    /// <param name="config">Heads and kind of position embedding.</param>
    /// <param name="headWidth">Channels of a head, d.</param>
    /// <param name="map">Rows and columns of the map that it is made for.</param>
    public RelativePositionEmbedding(BottleneckAttentionConfig config, int headWidth, (int Height, int Width) map)
    {
        (_heads, _scaled) = (config.Heads, config.ScalePosition);
        Initializer initializer = Initializer.Normal(config.Position == BottleneckPosition.Leaderj1001 ? 1 : 1 / Math.Sqrt(headWidth));
        switch (config.Position)
        {
            case BottleneckPosition.Relative or BottleneckPosition.RelativeOnly:
                _rows = Add("height_rel", Embedding([(2 * map.Height) - 1, headWidth], axis: 0));
                _columns = Add("width_rel", Embedding([(2 * map.Width) - 1, headWidth], axis: 0));
                break;
            case BottleneckPosition.Absolute:
                _rows = Add("height", Embedding([map.Height, headWidth], axis: 0));
                _columns = Add("width", Embedding([map.Width, headWidth], axis: 0));
                break;
            default:
                // The names of leaderj1001's code are crossed: rel_h varies along columns.
                _columns = Add("rel_h", Embedding([1, _heads, headWidth, 1, map.Width], axis: 4));
                _rows = Add("rel_w", Embedding([1, _heads, headWidth, map.Height, 1], axis: 3));
                break;
        }

        Parameter Embedding(Shape shape, int axis) =>
            new(shape, initializer, resizing: new PositionInterpolation(Interpolation.Bilinear, axis, 1));
    }

    /// <summary>
    /// Relative position bias of queries (N, tokens, heads·d): query · embedding of (key's position − query's position), by rows and by
    /// columns.
    /// </summary>
    public AttentionBias Relative(Value query, TokenGrid grid, float scale)
    {
        using (Enter(query.Graph))
        {
            return new AttentionBias(RelativeRows: Logits(_rows, grid.Height), RelativeColumns: Logits(_columns, grid.Width));
        }

        Value Logits(Parameter parameter, int extent)
        {
            Shape heads = [query.Shape[0], query.Shape[1], _heads, query.Shape[2] / _heads];
            Value embedding = query.Graph.Read(parameter, [(2 * extent) - 1, heads.Last]);
            Value logits = query.Reshape(heads).MatMul(_scaled ? embedding * scale : embedding, transposeRight: true);
            query.Graph.Annotate(new UncountedProducts(logits.Producer, logits.Producer.MultiplyAdds));
            return logits.Reshape(query.Shape.With(2, _heads * logits.Shape.Last));
        }
    }

    /// <summary>
    /// Keys (N, tokens, heads·d) plus the embeddings of their rows and columns: the scores become query · (key + embedding).
    /// </summary>
    public Value AddTo(Value key, TokenGrid grid, float scale)
    {
        using (Enter(key.Graph))
        {
            int width = key.Shape[2] / _heads;
            Value rows = key.Graph.Read(_rows, [grid.Height, width]).Reshape([grid.Height, 1, width]);
            Value columns = key.Graph.Read(_columns, [grid.Width, width]).Reshape([1, grid.Width, width]);
            Value embedding = (rows + columns).Reshape([1, grid.Count, 1, width]);
            Shape heads = [key.Shape[0], key.Shape[1], _heads, width];

            // The attention scales what it multiplies with queries.
            return (key.Reshape(heads) + (_scaled ? embedding : embedding * (1 / scale))).Reshape(key.Shape);
        }
    }

    /// <summary>
    /// Attention of leaderj1001's code: softmax over j of (qᵢ·kⱼ + Pᵢ·qⱼ), P the sum of the embeddings of row and column. Both
    /// products are computed as one, of heads twice as wide.
    /// </summary>
    public Value AttendAsLeaderj1001(Value query, Value key, Value value, TokenGrid grid)
    {
        ComputeGraph graph = query.Graph;
        int width = query.Shape[2] / _heads;
        Value embedding = graph.Read(_columns, [1, _heads, width, 1, grid.Width]) + graph.Read(_rows, [1, _heads, width, grid.Height, 1]);
        embedding = embedding.Reshape([_heads * width, grid.Count]).Permute(1, 0);
        embedding = embedding.Reshape([1, grid.Count, _heads * width]).BroadcastTo(query.Shape);
        Value attended = Join(query, embedding).Attend(Join(key, query), value, _heads, 1, AttentionTokens.Within(grid));
        graph.Annotate(new UncountedProducts(attended.Producer, query.Shape.Elements * grid.Count));
        return attended;

        Value Join(Value left, Value right)
        {
            Shape heads = [left.Shape[0], left.Shape[1], _heads, width];
            return new[] { left.Reshape(heads), right.Reshape(heads) }.Concat(3).Reshape(left.Shape.With(2, 2 * left.Shape[2]));
        }
    }
}
