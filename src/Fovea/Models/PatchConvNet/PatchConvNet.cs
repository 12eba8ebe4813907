using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// PatchConvNet: Augmenting Convolutional networks with attention-based aggregation (arXiv 2112.13692): a convolutional stem, a deep trunk of convolutional
/// blocks at one resolution, and one attention that gathers the map in a class token, or in a token for each class.
/// </summary>
public sealed class PatchConvNet : Network
{
    /// <summary>ε of the layer normalisations.</summary>
    public const float Epsilon = 1e-6f;

    private readonly PatchConvNetConfig _config;
    private readonly Parameter _classTokens;
    private readonly PatchConvNetStem _stem;
    private readonly List<PatchConvNetBlock> _blocks = [];
    private readonly AggregationBlock _aggregation;
    private readonly LayerNorm _norm;
    private readonly Module _classifier;

    /// <summary>Makes a network.</summary>
    /// <param name="config">Which one.</param>
    public PatchConvNet(PatchConvNetConfig config)
        : base(config)
    {
        _config = config;
        int channels = config.Channels;
        _classTokens = Add("cls_token", new Parameter([1, config.PerClass ? config.Classes : 1, channels], Initializer.TruncatedNormal(0.02)));
        _stem = Add("patch_embed", new PatchConvNetStem(channels));
        for (int i = 0; i < config.Depth; i++)
        {
            _blocks.Add(Add($"blocks.{i}", new PatchConvNetBlock(config)));
        }

        AggregationBlock aggregation = new(
            channels, config.PerClass, config.LayerScale, config.Heads, config.MlpRatio, epsilon: Epsilon, dropout: config.Dropout);
        _aggregation = Add("blocks_token_only.0", aggregation);
        _norm = Add("norm", new LayerNorm(channels, Epsilon));
        _classifier = Add<Module>("head", config.PerClass ? new ClassLinear(channels, config.Classes) : new Linear(channels, config.Classes));
    }

    /// <summary>The variants by name; those with <c>_bn</c> have batch normalisation in the trunk.</summary>
    public static IReadOnlyDictionary<string, PatchConvNetConfig> Variants { get; } = WithBatchNorm(new OrderedDictionary<string, PatchConvNetConfig>
    {
        ["patchconvnet_s60"] = new(384, 60, LayerScale: 1e-4f),
        ["patchconvnet_s120"] = new(384, 120),
        ["patchconvnet_b60"] = new(768, 60),
        ["patchconvnet_b120"] = new(768, 120),
        ["patchconvnet_l60"] = new(1024, 60),
        ["patchconvnet_l120"] = new(1024, 120),
        ["patchconvnet_s60_multi"] = new(384, 60, LayerScale: 1e-4f) { PerClass = true },
    });

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages => [new StageDescription("stage1", 16, _config.Channels)];

    /// <inheritdoc/>
    public override ImageSizes Sizes => new();

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value map = _stem.Forward(x).Mark("stem");
        for (int i = 0; i < _blocks.Count; i++)
        {
            map = _blocks[i].Forward(map).Mark($"block{i}");
        }

        TokenMap tokens = TokenMap.Of(map.Mark("stage1"), _classTokens);
        Value features = _norm.Forward(_aggregation.Forward(tokens).Mark("cls_after_aggregation"));
        features = _config.PerClass ? features : features.Reshape([x.Shape[0], _config.Channels]);
        return _classifier.Forward(features.Mark(Features));
    }

    private static OrderedDictionary<string, PatchConvNetConfig> WithBatchNorm(OrderedDictionary<string, PatchConvNetConfig> layerNorm) =>
        new([.. layerNorm, .. layerNorm.Where(variant => !variant.Value.PerClass)
            .Select(variant => KeyValuePair.Create($"{variant.Key}_bn", variant.Value with { BatchNorm = true }))]);
}
