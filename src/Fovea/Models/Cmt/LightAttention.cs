using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Lightweight multi-head self-attention (arXiv 2107.06263, section 3.2): keys and values are computed on a map that a strided convolution made smaller.
/// </summary>
public sealed class LightAttention : Module
{
    private readonly CmtConfig _config;
    private readonly CmtStage _stage;
    private readonly int _side;
    private readonly Linear _query;
    private readonly Linear? _key;
    private readonly Linear? _value;
    private readonly InterleavedKeyValue? _keyValue;
    private readonly Linear _projection;
    private readonly Module? _reduction;
    private readonly Module? _reductionNorm;
    private readonly Parameter? _position;

    /// <summary>Makes the attention of one block.</summary>
    /// <param name="config">The network's options.</param>
    /// <param name="stage">The stage's index.</param>
    public LightAttention(CmtConfig config, int stage)
    {
        _config = config;
        _stage = config.Stages[stage];
        _side = config.MapSize(stage, config.Height, config.Width).Height;
        int channels = _stage.Channels;
        _position = config.Position switch
        {
            CmtPosition.BlockOffsets => Add("position_embeeding", new Parameter([(2 * _side) - 1, (2 * _side) - 1], Initializer.TruncatedNormal(0.2))),
            CmtPosition.BlockTable => Add("position_embeeding", new Parameter([_side * _side, _side * _side], Initializer.TruncatedNormal(0.2))),
            _ => null,
        };
        _query = Add("q", new Linear(channels, channels / config.QueryKeyRatio, config.QueryKeyValueBias));
        if (config.Article)
        {
            _keyValue = Add("kv", new InterleavedKeyValue(channels, _stage.Heads, config.QueryKeyValueBias));
        }
        else
        {
            _key = Add("k", new Linear(channels, channels / config.QueryKeyRatio, config.QueryKeyValueBias));
            _value = Add("v", new Linear(channels, channels, config.QueryKeyValueBias));
        }

        _projection = Add("proj", new Linear(channels, channels));
        if (_stage.Reduction > 1)
        {
            int reduction = _stage.Reduction;
            _reduction = config.Article
                ? Add<Module>("sr", new Conv2d(channels, channels, reduction, stride: reduction))
                : Add<Module>("sr.0", new DepthwiseConv2d(channels, reduction, stride: reduction));
            _reductionNorm = config.Article ? Add<Module>("norm", new LayerNorm(channels)) : Add<Module>("sr.1", new BatchNorm2d(channels));
        }
    }

    /// <summary>Builds the attention on a map (N, H, W, C) with the stage's position bias (heads, N, M), if there is one.</summary>
    public Value Forward(Value x, Value? position)
    {
        using (Enter(x.Graph))
        {
            return Build(x, position);
        }
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => Build(x, null);

    private Value Build(Value x, Value? position)
    {
        Value reduced = _reduction is null ? x : _reductionNorm!.Forward(_reduction.Forward(x));
        Value query = _query.Forward(x).ToTokens();
        (Value key, Value value) = KeysAndValues(reduced.ToTokens());
        float scale = _config.QueryKeyScale ?? 1 / MathF.Sqrt((float)_stage.Channels / _stage.Heads);
        AttentionBias bias = new(Table: position ?? BlockPosition(x.Graph, x.Shape, key.Shape[1]));
        AttentionTokens tokens = new(new TokenGrid(x.Shape[1], x.Shape[2]), new TokenGrid(reduced.Shape[1], reduced.Shape[2]));
        Value attended = query.Attend(key, value, _stage.Heads, scale, tokens, bias, _config.AttentionDropout);
        return _projection.Forward(attended.ToMap(x.Shape[1], x.Shape[2])).Dropout(_config.ProjectionDropout);
    }

    private (Value Key, Value Value) KeysAndValues(Value tokens)
    {
        if (_key is not null)
        {
            return (_key.Forward(tokens), _value!.Forward(tokens));
        }

        Value joined = _keyValue!.Forward(tokens);
        return (joined.Slice(2, 0, _stage.Channels), joined.Slice(2, _stage.Channels, _stage.Channels));
    }

    private Value? BlockPosition(ComputeGraph graph, Shape map, int keys)
    {
        if (_position is null)
        {
            return null;
        }

        int tokens = _side * _side;
        if (map[1] != _side || map[2] != _side)
        {
            throw new ShapeException($"the position table is made for maps of {_side}×{_side}, not {map[1]}×{map[2]}: give images of {_config.Height}×{_config.Width}");
        }

        Value table = graph.Read(_position);
        Value bias = _config.Position == CmtPosition.BlockTable
            ? table.Slice(1, 0, keys)
            : table.Reshape([table.Shape[0] * table.Shape[1], 1]).Gather(graph.Table([tokens, keys], Offsets(keys))).Reshape([tokens, keys]);
        return bias.BroadcastTo([_stage.Heads, tokens, keys]);
    }

    /// <summary>For query i and key j the entry [y(j) − y(i) + F − 1, x(j) − x(i) + F − 1]; keys count on the full grid, as the article's code has it.</summary>
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
/// The article's layer for keys and values together: tokens (N, M, C) to (N, M, 2·C), keys first. Its weights give channel (i·heads + head)·2 + which,
/// with i inside the head; their rows are brought into the order which, head, i.
/// </summary>
public sealed class InterleavedKeyValue : Module
{
    private readonly int _channels;
    private readonly int _heads;
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Width.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="bias">Whether a bias is added.</param>
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
