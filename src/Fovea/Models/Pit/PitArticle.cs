using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// PiT as the article shows it (lucidrains/vit-pytorch): position codes along one axis with one for the class token, too, heads of a free width,
/// feed-forward networks of one width throughout, and a 1×1 convolution in the pooling. <see cref="Pit"/> is the official network.
/// </summary>
public sealed class PitArticle : Network
{
    private readonly PitArticleConfig _config;
    private readonly Parameter _position;
    private readonly Parameter _classToken;
    private readonly Conv2d _embedding;
    private readonly List<TransformerStage> _stages = [];
    private readonly List<PitPooling> _pools = [];
    private readonly LayerNorm _norm;
    private readonly Linear _classifier;

    /// <summary>Makes a network.</summary>
    /// <param name="config">Which one.</param>
    /// <exception cref="ShapeException">The images are not square or smaller than a patch.</exception>
    public PitArticle(PitArticleConfig config)
        : base(config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        int patches = config.Patches(config.Height) * config.Patches(config.Width);
        _position = Add("pos_embedding", new Parameter([1, 1 + patches, config.Channels], Initializer.Normal(1)));
        _classToken = Add("cls_token", new Parameter([1, 1, config.Channels], Initializer.Normal(1)));
        _embedding = Add("to_patch_embedding.2", Embedding(config));
        for (int stage = 0; stage < config.Depths.Count; stage++)
        {
            if (stage > 0)
            {
                _pools.Add(Add($"layers.{(2 * stage) - 1}", new PitPooling(config.WidthOf(stage - 1), config.WidthOf(stage), article: true)));
            }

            _stages.Add(Add($"layers.{2 * stage}", Stage(config, stage)));
        }

        int last = config.WidthOf(config.Depths.Count - 1);
        _norm = Add("mlp_head.0", new LayerNorm(last));
        _classifier = Add("mlp_head.1", new Linear(last, config.Classes, initializer: Initializer.FanInUniform));
    }

    /// <summary>The variants by name: the example of the code's read-me.</summary>
    public static IReadOnlyDictionary<string, PitArticleConfig> Variants { get; } = new OrderedDictionary<string, PitArticleConfig>
    {
        ["pit_article"] = new(14, 256, [3, 3, 3], [16, 16, 16], 2048) { Dropout = 0.1f, EmbeddingDropout = 0.1f },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
        [.. _config.Depths.Select((_, i) => new StageDescription($"stage{i + 1}", _config.Stride << i, _config.WidthOf(i)))];

    /// <summary>The position codes follow one another along one axis, so they serve smaller squares, but are not carried to larger ones.</summary>
    public override ImageSizes Sizes => new(Least: _config.Patch, Most: _config.Height, Square: true);

    /// <summary>The embedding of patches: a linear layer of unfolded patches in checkpoints, which is a convolution.</summary>
    public static Conv2d Embedding(PitArticleConfig config) =>
        new(3, config.Channels, config.Patch, config.Stride, initializer: Initializer.FanInUniform, layout: TensorLayout.Unfolded);

    /// <summary>The blocks of one stage. A single head as wide as the stage has no projection behind it.</summary>
    public static TransformerStage Stage(PitArticleConfig config, int stage)
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
    protected override Value Build(Value x)
    {
        Sizes.Check(x.Shape[1], x.Shape[2]);
        Value map = _embedding.Forward(x).Mark("patch_embed").Mark("stem");
        TokenGrid grid = new(map.Shape[1], map.Shape[2], ClassTokens: 1);
        Value list = map.ToTokens().Prepend(x.Graph.Read(_classToken)) + x.Graph.Read(_position).Slice(1, 0, grid.Count);
        TokenMap y = _stages[0].Forward(list.Dropout(_config.EmbeddingDropout), grid).Mark("stage1");
        for (int stage = 1; stage < _stages.Count; stage++)
        {
            y = _pools[stage - 1].Forward(y).Mark($"pool{stage}");
            y = _stages[stage].Forward(y.ToList(), y.Grid).Mark($"stage{stage + 1}");
        }

        Value token = _norm.Forward(y.Tokens.Reshape([x.Shape[0], y.Tokens.Shape.Last]));
        return _classifier.Forward(token.Mark(Features));
    }
}
