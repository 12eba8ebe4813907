using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// PiT: Rethinking Spatial Dimensions of Vision Transformers (arXiv 2103.16302): a vision transformer in stages, between which a depthwise
/// convolution halves the grid of patches and widens the channels, as in a convolutional network.
/// </summary>
public sealed class Pit : Backbone
{
    private readonly PitConfig _config;
    private readonly Parameter _position;
    private readonly Parameter _classTokens;
    private readonly Conv2d _embedding;
    private readonly List<TransformerStage> _stages = [];
    private readonly List<PitPooling> _pools = [];
    private readonly LayerNorm _norm;

    /// <summary>Makes a backbone.</summary>
    /// <param name="config">Options of the variant.</param>
    /// <exception cref="ShapeException">The images are smaller than a patch.</exception>
    public Pit(PitConfig config)
        : base(config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        IReadOnlyList<PitStage> stages = config.Stages;
        int first = stages[0].Channels;
        _position = Add("pos_embed", new Parameter(
            [1, config.Patches(config.Height), config.Patches(config.Width), first],
            Initializer.TruncatedNormal(0.02),
            TensorLayout.ChannelsLast,
            resizing: new PositionInterpolation(Interpolation.Bicubic, 1, 2)));
        _classTokens = Add("cls_token", new Parameter([1, config.Distilled ? 2 : 1, first], Initializer.TruncatedNormal(0.02)));
        _embedding = Add("patch_embed.conv", new Conv2d(3, first, config.Patch, config.Stride, initializer: Initializer.FanInUniform));
        for (int stage = 0; stage < stages.Count; stage++)
        {
            _stages.Add(Add($"transformers.{stage}", Stage(config, stage)));
        }

        for (int stage = 1; stage < stages.Count; stage++)
        {
            _pools.Add(Add($"pools.{stage - 1}", new PitPooling(stages[stage - 1].Channels, stages[stage].Channels)));
        }

        _norm = AddPooling("norm", new LayerNorm(stages[^1].Channels, config.Epsilon));
    }

    /// <summary>Variants by name.</summary>
    public static IReadOnlyDictionary<string, PitConfig> Variants { get; } = WithDistilled(new OrderedDictionary<string, PitConfig>
    {
        ["pit_ti"] = new(16, 8, [new(64, 2, 2), new(128, 6, 4), new(256, 4, 8)]) { DropPath = 0.1f },
        ["pit_xs"] = new(16, 8, [new(96, 2, 2), new(192, 6, 4), new(384, 4, 8)]) { DropPath = 0.1f },
        ["pit_s"] = new(16, 8, [new(144, 2, 3), new(288, 6, 6), new(576, 4, 12)]) { DropPath = 0.1f },
        ["pit_b"] = new(14, 7, [new(256, 3, 4), new(512, 6, 8), new(1024, 4, 16)]) { DropPath = 0.1f },
        ["pit_nano"] = Nano(new(96, 3, 4), new(192, 3, 6)),
    });

    /// <summary>A plain vision transformer of the cost of <c>pit_nano</c>: one stage, without pooling.</summary>
    public static IReadOnlyDictionary<string, PitConfig> Ablations { get; } =
        new OrderedDictionary<string, PitConfig> { ["pit_nano_vit"] = Nano(new PitStage(104, 6, 4)) };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
        [.. _config.Stages.Select((stage, i) => new StageDescription($"stage{i + 1}", _config.Stride << i, stage.Channels))];

    /// <inheritdoc/>
    public override ImageSizes Sizes => new(Min: _config.Patch);

    /// <summary>
    /// Channels of the pooled features: the width of the last stage; twice as many for distilled networks, the class token's before the
    /// distillation token's.
    /// </summary>
    public override int Channels => (_config.Distilled ? 2 : 1) * _config.Stages[^1].Channels;

    /// <inheritdoc/>
    public override Head CreateHead(int classes) => _config.Distilled
        ? new PitDistilledHead(_config.Stages[^1].Channels, classes)
        : new LinearHead(Channels, classes, initializer: Initializer.FanInUniform);

    /// <summary>
    /// Blocks of one stage. Rates of drop path grow over the blocks of the whole network, and end one step below the network's own, as in
    /// the official code.
    /// </summary>
    public static TransformerStage Stage(PitConfig config, int stage)
    {
        (int channels, int depth, int heads) = config.Stages[stage];
        int before = config.Stages.Take(stage).Sum(earlier => earlier.Depth);
        int blocks = config.Stages.Sum(each => each.Depth);
        Initializer initializer = Initializer.FanInUniform;
        return new TransformerStage("blocks", depth, block => new TransformerBlock(
            channels,
            new SelfAttention(
                channels,
                heads,
                channels / heads,
                initializer: initializer,
                dropout: config.AttentionDropout,
                projectionDropout: config.Dropout),
            new Mlp(channels, (int)(channels * config.MlpRatio), initializer, config.Dropout),
            config.Epsilon,
            config.DropPath * (before + block) / blocks));
    }

    /// <inheritdoc/>
    protected override Value BuildStages(Value x)
    {
        Sizes.Check(x.Shape[1], x.Shape[2]);
        Value map = _embedding.Forward(x).Mark("patch_embed");
        map = (map + x.Graph.Read(_position, map.Shape.With(0, 1))).Dropout(_config.Dropout).Mark("stem");
        TokenMap y = TokenMap.Of(map, _classTokens);
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            y = stage == 0 ? y : _pools[stage - 1].Forward(y).Mark($"pool{stage}");
            y = _stages[stage].Forward(y.ToList(), y.Grid, $"stage{stage + 1}");
        }

        return y.Map;
    }

    /// <inheritdoc/>
    protected override Value Pool(Value map)
    {
        Value tokens = _norm.Forward(TokenMap.TokensBeside(map, Stages[^1].Name)).Mark("norm");
        return tokens.Reshape([tokens.Shape[0], Channels]);
    }

    /// <summary>A grid of 7×7 patches for images of 32 pixels.</summary>
    private static PitConfig Nano(params PitStage[] stages) => new(8, 4, stages, 32, 32) { Classes = 10 };

    private static OrderedDictionary<string, PitConfig> WithDistilled(OrderedDictionary<string, PitConfig> plain) =>
        new(
        [
            .. plain,
            .. plain.Select(variant => KeyValuePair.Create($"{variant.Key}_distilled", variant.Value with { Distilled = true })),
        ]);
}
