using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// PatchConvNet: Augmenting Convolutional networks with attention-based aggregation (arXiv 2112.13692): a convolutional stem, a deep trunk
/// of convolutional blocks at one resolution, and one attention that aggregates the map in a class token, or in a token for each class.
/// </summary>
public sealed class PatchConvNet : Backbone
{
    /// <summary>ε of the layer normalisations.</summary>
    public const float Epsilon = 1e-6f;

    private readonly PatchConvNetConfig _config;
    private readonly Parameter? _classTokens;
    private readonly PatchConvNetStem _stem;
    private readonly List<PatchConvNetBlock> _blocks = [];
    private readonly AggregationBlock? _aggregation;
    private readonly LayerNorm _norm;

    /// <summary>Makes a backbone.</summary>
    /// <param name="config">Options of the variant.</param>
    /// <exception cref="ArgumentException">Each class is to have a token of its own, and there are no classes.</exception>
    public PatchConvNet(PatchConvNetConfig config)
        : base(config)
    {
        _config = config;
        if (config.PerClass && config.Classes < 1)
        {
            throw new ArgumentException(
                "A PatchConvNet with a token for each class needs classes: give it at least one, or take a variant without 'multi'.",
                nameof(config));
        }

        int channels = config.Channels;
        int tokens = config.PerClass ? config.Classes : 1;
        _classTokens = config.AveragePooling
            ? null
            : AddPooling("cls_token", new Parameter([1, tokens, channels], Initializer.TruncatedNormal(0.02))
            {
                ClassAxis = config.PerClass ? 1 : null,
            });
        _stem = Add("patch_embed", new PatchConvNetStem(config));
        for (int i = 0; i < config.Depth; i++)
        {
            _blocks.Add(Add($"blocks.{i}", new PatchConvNetBlock(config)));
        }

        if (!config.AveragePooling)
        {
            AggregationBlock aggregation = new(
                channels, config.PerClass, config.LayerScale, config.Heads, config.MlpRatio, epsilon: Epsilon, dropout: config.Dropout);
            _aggregation = AddPooling("blocks_token_only.0", aggregation);
        }

        _norm = AddPooling("norm", new LayerNorm(channels, Epsilon));
    }

    /// <summary>Variants by name; those with <c>_bn</c> have batch normalisation in the trunk.</summary>
    public static IReadOnlyDictionary<string, PatchConvNetConfig> Variants { get; } = WithBatchNorm(new()
    {
        ["patchconvnet_s60"] = new(384, 60, LayerScale: 1e-4f),
        ["patchconvnet_s120"] = new(384, 120),
        ["patchconvnet_b60"] = new(768, 60),
        ["patchconvnet_b120"] = new(768, 120),
        ["patchconvnet_l60"] = new(1024, 60),
        ["patchconvnet_l120"] = new(1024, 120),
        ["patchconvnet_s60_multi"] = new(384, 60, LayerScale: 1e-4f) { PerClass = true },
    },
    new() { ["patchconvnet_nano"] = Nano(), ["patchconvnet_nano_multi"] = Nano() with { PerClass = true } });

    /// <summary><c>patchconvnet_nano</c> without one of the family's ideas, by name.</summary>
    public static IReadOnlyDictionary<string, PatchConvNetConfig> Ablations { get; } = new OrderedDictionary<string, PatchConvNetConfig>
    {
        ["patchconvnet_nano_average_pooling"] = Nano() with { AveragePooling = true },
        ["patchconvnet_nano_linear_stem"] = Nano() with { LinearStem = true },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages => [new StageDescription("stage1", _config.PatchSize, _config.Channels)];

    /// <summary>Channels of the pooled features: (N, channels), or (N, classes, channels) with a token for each class.</summary>
    public override int Channels => _config.Channels;

    /// <summary>Creates the official classifier under <c>head</c>: a linear layer, or one output for each class's own token.</summary>
    /// <param name="classes">Number of classes; that of the tokens where each class has one.</param>
    /// <exception cref="ArgumentException">There are tokens for another number of classes.</exception>
    public override Head CreateHead(int classes) => !_config.PerClass ? new LinearHead(Channels, classes)
        : classes == _config.Classes ? new PatchConvNetClassHead(Channels, classes)
        : throw new ArgumentException(
            $"The backbone has class tokens for {_config.Classes} classes, not {classes}: make it for {classes}.", nameof(classes));

    /// <inheritdoc/>
    protected override Value BuildStages(Value x)
    {
        Value map = _stem.Forward(x).Mark("stem");
        for (int i = 0; i < _blocks.Count; i++)
        {
            map = _blocks[i].Forward(map).Mark($"block{i}");
        }

        return map.Mark("stage1");
    }

    /// <inheritdoc/>
    protected override Value Pool(Value map)
    {
        if (_aggregation is null)
        {
            return _norm.Forward(map.Pool());
        }

        TokenMap tokens = TokenMap.Of(map, _classTokens!);
        Value features = _norm.Forward(_aggregation.Forward(tokens).Mark("cls_after_aggregation"));
        return _config.PerClass ? features : features.Reshape([map.Shape[0], _config.Channels]);
    }

    /// <summary>A trunk of 8×8 positions for images of 32 pixels.</summary>
    private static PatchConvNetConfig Nano() =>
        new(128, 12, LayerScale: 0.1f, 32, 32) { StemConvolutions = 2, BatchNorm = true, Classes = 10 };

    private static OrderedDictionary<string, PatchConvNetConfig> WithBatchNorm(
        OrderedDictionary<string, PatchConvNetConfig> layerNorm, OrderedDictionary<string, PatchConvNetConfig> further) =>
        new(
        [
            .. layerNorm,
            .. layerNorm.Where(variant => !variant.Value.PerClass)
                .Select(variant => KeyValuePair.Create($"{variant.Key}_bn", variant.Value with { BatchNorm = true })),
            .. further,
        ]);
}
