using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Attention of <see cref="CmtFlyEgle"/>: keys and values come from one layer, on a map that a strided dense convolution made smaller, and
/// a position bias belongs to the block.
/// </summary>
internal sealed class CmtFlyEgleAttention : Module
{
    private readonly CmtFlyEgleConfig _config;
    private readonly CmtStage _stage;
    private readonly int _side;
    private readonly Parameter? _position;
    private readonly Linear _query;
    private readonly InterleavedKeyValue _keyValue;
    private readonly Linear _projection;
    private readonly (Conv2d Convolution, LayerNorm Norm)? _reduction;

    /// <summary>Makes the attention of one block.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="stage">Index of the stage.</param>
    public CmtFlyEgleAttention(CmtFlyEgleConfig config, int stage)
    {
        _config = config;
        _stage = config.Stages[stage];
        _side = config.MapSide(stage);
        (int channels, int reduction) = (_stage.Channels, _stage.Reduction);
        if (config.Position != CmtFlyEglePosition.None)
        {
            int extent = config.Position == CmtFlyEglePosition.Relative ? (2 * _side) - 1 : _side * _side;
            _position = Add("position_embeeding", new Parameter([extent, extent], Initializer.TruncatedNormal(0.2)) { OfImageSize = true });
        }

        _query = Add("q", new Linear(channels, channels, config.QueryKeyValueBias));
        _keyValue = Add("kv", new InterleavedKeyValue(channels, _stage.Heads, config.QueryKeyValueBias));
        _projection = Add("proj", new Linear(channels, channels));
        if (reduction > 1)
        {
            _reduction = (Add("sr", new Conv2d(channels, channels, reduction, stride: reduction)), Add("norm", new LayerNorm(channels)));
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value reduced = _reduction is var (convolution, norm) ? norm.Forward(convolution.Forward(x)) : x;
        Value query = _query.Forward(x).ToTokens();
        Value keyValue = _keyValue.Forward(reduced.ToTokens());
        Value key = keyValue.Slice(2, 0, _stage.Channels);
        Value value = keyValue.Slice(2, _stage.Channels, _stage.Channels);
        float scale = _config.QueryKeyScale ?? 1 / MathF.Sqrt((float)_stage.Channels / _stage.Heads);
        AttentionBias bias = new(Table: Position(x, key.Shape[1]));
        AttentionTokens grids = new(new TokenGrid(x.Shape[1], x.Shape[2]), new TokenGrid(reduced.Shape[1], reduced.Shape[2]));
        Value attended = query.Attend(key, value, _stage.Heads, scale, grids, bias, _config.AttentionDropout);
        return _projection.Forward(attended.ToMap(x.Shape[1], x.Shape[2])).Dropout(_config.ProjectionDropout);
    }

    private Value? Position(Value x, int keys)
    {
        if (_position is null)
        {
            return null;
        }

        int tokens = _side * _side;
        if (x.Shape[1] != _side || x.Shape[2] != _side)
        {
            throw new ShapeException(
                $"the position bias is made for maps of {_side}×{_side}, not {x.Shape[1]}×{x.Shape[2]}: "
                + $"give images of {_config.Height}×{_config.Width}");
        }

        Value bias = x.Graph.Read(_position);
        bias = _config.Position == CmtFlyEglePosition.Absolute
            ? bias.Slice(1, 0, keys)
            : bias.Reshape([bias.Shape[0] * bias.Shape[1], 1]).Gather(x.Graph.Table([tokens, keys], Offsets(keys))).Reshape([tokens, keys]);
        return bias.BroadcastTo([_stage.Heads, tokens, keys]);
    }

    /// <summary>
    /// For query i and key j the entry [y(j) − y(i) + F − 1, x(j) − x(i) + F − 1]; keys count on the full grid, as the code has it.
    /// </summary>
    private int[] Offsets(int keys)
    {
        int span = (2 * _side) - 1;
        int[] offsets = new int[_side * _side * keys];
        for (int i = 0; i < offsets.Length; i++)
        {
            (int query, int key) = Math.DivRem(i, keys);
            int down = (key / _side) - (query / _side) + _side - 1;
            int right = (key % _side) - (query % _side) + _side - 1;
            offsets[i] = (down * span) + right;
        }

        return offsets;
    }
}

/// <summary>
/// Joint layer for keys and values of <see cref="CmtFlyEgle"/>: tokens (N, M, C) to (N, M, 2·C), keys first. Its weights give channel
/// (i·heads + head)·2 + which, with i inside the head; their rows are brought into the order which, head, i.
/// </summary>
internal sealed class InterleavedKeyValue : Module
{
    private readonly int _channels;
    private readonly int _heads;
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Channels in, and of keys and values each.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="bias">True if a bias is added.</param>
    public InterleavedKeyValue(int channels, int heads, bool bias)
    {
        (_channels, _heads) = (channels, heads);
        _weight = Add("weight", new Parameter([2 * channels, channels], Initializer.TruncatedNormal(0.02)));
        _bias = bias ? Add("bias", new Parameter([2 * channels], Initializer.Zeros)) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value joined = x.MatMul(InOrder(_weight, _channels), transposeRight: true);
        return _bias is null ? joined : joined + InOrder(_bias, 1).Reshape([2 * _channels]);

        Value InOrder(Parameter parameter, int columns) => x.Graph.Read(parameter)
            .Reshape([_channels / _heads, _heads, 2, columns])
            .Permute(2, 1, 0, 3)
            .Reshape([2 * _channels, columns]);
    }
}
