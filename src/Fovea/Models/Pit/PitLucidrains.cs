using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// PiT of lucidrains/vit-pytorch: a position embedding along one axis that includes the class token, heads of a free width, feed-forward
/// networks of one width throughout, and a 1×1 convolution in the pooling. <see cref="Pit"/> is the official network.
/// </summary>
public sealed class PitLucidrains : Backbone
{
    private readonly PitLucidrainsConfig _config;
    private readonly Parameter _position;
    private readonly Parameter _classToken;
    private readonly Conv2d _embedding;
    private readonly List<TransformerStage> _stages = [];
    private readonly List<PitLucidrainsPooling> _pools = [];
    private readonly LayerNorm _norm;

    /// <summary>Makes a backbone.</summary>
    /// <param name="config">Options of the variant.</param>
    /// <exception cref="ShapeException">The images are not square or smaller than a patch.</exception>
    public PitLucidrains(PitLucidrainsConfig config)
        : base(config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        int patches = config.Patches(config.Height) * config.Patches(config.Width);
        _position = Add("pos_embedding", new Parameter([1, 1 + patches, config.Channels], Initializer.Normal(1)) { OfImageSize = true });
        _classToken = Add("cls_token", new Parameter([1, 1, config.Channels], Initializer.Normal(1)));
        _embedding = Add("to_patch_embedding.2", Embedding(config));
        for (int stage = 0; stage < config.Depths.Count; stage++)
        {
            if (stage > 0)
            {
                _pools.Add(Add($"layers.{(2 * stage) - 1}", new PitLucidrainsPooling(config.WidthOf(stage - 1), config.WidthOf(stage))));
            }

            _stages.Add(Add($"layers.{2 * stage}", Stage(config, stage)));
        }

        _norm = AddPooling("mlp_head.0", new LayerNorm(Channels));
    }

    /// <summary>Variants by name: the example of the code's read-me.</summary>
    public static IReadOnlyDictionary<string, PitLucidrainsConfig> Variants { get; } = new OrderedDictionary<string, PitLucidrainsConfig>
    {
        ["pit_lucidrains"] = new(14, 256, [3, 3, 3], [16, 16, 16], 2048) { Dropout = 0.1f, EmbeddingDropout = 0.1f },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
        [.. _config.Depths.Select((_, i) => new StageDescription($"stage{i + 1}", _config.Stride << i, _config.WidthOf(i)))];

    /// <inheritdoc/>
    public override int Channels => _config.WidthOf(_config.Depths.Count - 1);

    /// <summary>
    /// Squares up to the network's own size: a smaller image reads the first entries of the position embedding, which lie along one axis
    /// and are not interpolated.
    /// </summary>
    public override ImageSizes Sizes => new(Min: _config.Patch, Max: _config.Height, Square: true);

    /// <inheritdoc/>
    public override Head CreateHead(int classes) => new LinearHead(Channels, classes, "mlp_head.1", initializer: Initializer.FanInUniform);

    /// <summary>Patch embedding: a convolution, which checkpoints hold as a linear layer over unfolded patches.</summary>
    public static Conv2d Embedding(PitLucidrainsConfig config) =>
        new(3, config.Channels, config.Patch, config.Stride, initializer: Initializer.FanInUniform, layout: TensorLayout.Unfolded);

    /// <summary>Blocks of one stage. A single head as wide as the stage has no projection behind it.</summary>
    public static TransformerStage Stage(PitLucidrainsConfig config, int stage)
    {
        int channels = config.WidthOf(stage);
        int heads = config.Heads[stage];
        Initializer initializer = Initializer.FanInUniform;
        TransformerBlockKeys keys = new("0.norm", "0", "1.net.0", "1");
        return new TransformerStage("layers", config.Depths[stage], _ => new TransformerBlock(
            channels,
            new SelfAttention(
                channels,
                heads,
                config.HeadWidth,
                bias: false,
                projection: heads > 1 || config.HeadWidth != channels,
                initializer,
                config.Dropout,
                config.Dropout,
                "to_qkv",
                "to_out.0"),
            new Mlp(channels, config.Hidden, initializer, config.Dropout, "net.1", "net.4"),
            epsilon: 1e-5f,
            keys: keys));
    }

    /// <inheritdoc/>
    protected override Value BuildStages(Value x)
    {
        Sizes.Check(x.Shape[1], x.Shape[2]);
        Value map = _embedding.Forward(x).Mark("patch_embed").Mark("stem");
        TokenGrid grid = new(map.Shape[1], map.Shape[2], ClassTokens: 1);
        Value list = map.ToTokens().Prepend(x.Graph.Read(_classToken)) + x.Graph.Read(_position).Slice(1, 0, grid.Count);
        TokenMap y = _stages[0].Forward(list.Dropout(_config.EmbeddingDropout), grid, "stage1");
        for (int stage = 1; stage < _stages.Count; stage++)
        {
            y = _pools[stage - 1].Forward(y).Mark($"pool{stage}");
            y = _stages[stage].Forward(y.ToList(), y.Grid, $"stage{stage + 1}");
        }

        return y.Map;
    }

    /// <inheritdoc/>
    protected override Value Pool(Value map)
    {
        Value tokens = TokenMap.TokensBeside(map, Stages[^1].Name);
        return _norm.Forward(tokens.Reshape([tokens.Shape[0], tokens.Shape.Last]));
    }
}
