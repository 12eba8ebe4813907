using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Deep residual network (arXiv 1512.03385) in the form that torchvision made common, where the 3×3 convolution carries the stride; and
/// BoTNet (<see cref="BotNet"/>), whose last stage attends to the whole map instead.
/// </summary>
public sealed class ResNet : Backbone
{
    private readonly ResNetConfig _config;
    private readonly IReadOnlyList<(Conv2d Convolution, BatchNorm2d Norm)> _stem;
    private readonly List<Module[]> _stages = [];
    private readonly (Parameter ClassToken, AggregationBlock Block, LayerNorm Norm)? _aggregation;

    /// <summary>Makes a backbone.</summary>
    /// <param name="config">Options of the variant.</param>
    /// <exception cref="ArgumentException">
    /// Basic blocks are to attend, bottlenecks to be max-pooled, or there is not one width for each stage.
    /// </exception>
    public ResNet(ResNetConfig config)
        : base(config)
    {
        Check(config);
        _config = config;
        Sizes.Check(config.Height, config.Width);
        int features = Stages[^1].Channels;
        Parameter? classToken = config.AttentionPooling is null
            ? null
            : AddPooling("cls_token", new Parameter([1, 1, features], Initializer.TruncatedNormal(0.02)));
        _stem = [.. config.DeepStem ? AddDeepStem(config) : AddStem(config)];
        int blocks = config.Depths.Sum();
        for (int stage = 0, block = 0, channels = config.StemChannels; stage < config.Depths.Count; stage++)
        {
            Module[] members = new Module[config.Depths[stage]];
            for (int i = 0; i < members.Length; i++, block++)
            {
                float dropPath = blocks > 1 ? config.DropPath * block / (blocks - 1) : 0;
                members[i] = Add($"layer{stage + 1}.{i}", Block(config, channels, stage, i, dropPath));
                channels = config.ChannelsAfter(stage);
            }

            _stages.Add(members);
        }

        if (config.AttentionPooling is AttentionPoolingConfig pooling)
        {
            (float scale, int heads, double ratio) = (pooling.LayerScale, pooling.Heads, pooling.MlpRatio);
            AggregationBlock block = new(features, perClass: false, scale, heads, ratio, pooling.QueryKeyValueBias, pooling.Epsilon);
            _aggregation =
                (classToken!, AddPooling("blocks_token_only.0", block), AddPooling("norm", new LayerNorm(features, pooling.Epsilon)));
        }
    }

    /// <summary>Variants by name.</summary>
    public static IReadOnlyDictionary<string, ResNetConfig> Variants { get; } = new OrderedDictionary<string, ResNetConfig>
    {
        ["resnet18"] = new([2, 2, 2, 2]) { BasicBlocks = true },
        ["resnet34"] = new([3, 4, 6, 3]) { BasicBlocks = true },
        ["resnet50"] = new([3, 4, 6, 3]),
        ["resnet101"] = new([3, 4, 23, 3]),
        ["resnet152"] = new([3, 8, 36, 3]),
        ["resnet200"] = new([3, 24, 36, 3]),
        ["resnet50_v1c"] = new([3, 4, 6, 3]) { DeepStem = true },
        ["resnet101_v1c"] = new([3, 4, 23, 3]) { DeepStem = true },
        ["resnet50_attnpool"] = new([3, 4, 6, 3]) { AttentionPooling = new AttentionPoolingConfig() },
        ["resnet_nano"] = BotNet.Nano(),
        ["resnet_nano_basic"] = new([2, 2, 1], 32, 32) { SmallImages = true, BasicBlocks = true, Classes = 10 },
        ["resnet_nano_wide"] = new([1, 1, 1], 32, 32)
        {
            SmallImages = true,
            BasicBlocks = true,
            MaxPooledStages = true,
            Widths = [64, 256, 256],
            Classes = 10,
        },
    };

    /// <summary><c>resnet_nano</c> with the aggregation of PatchConvNet in place of the mean.</summary>
    public static IReadOnlyDictionary<string, ResNetConfig> Ablations { get; } = new OrderedDictionary<string, ResNetConfig>
    {
        ["resnet_nano_attnpool"] = BotNet.Nano() with { AttentionPooling = new AttentionPoolingConfig { LayerScale = 0.1f } },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
    [
        .. _config.Depths.Select((_, stage) =>
            new StageDescription($"stage{stage + 1}", StrideAfter(stage), _config.ChannelsAfter(stage))),
    ];

    /// <inheritdoc/>
    public override int Channels => Stages[^1].Channels;

    /// <inheritdoc/>
    public override Head CreateHead(int classes)
    {
        string key = _config.IsLeaderj1001 ? "fc.1" : _aggregation is null ? "fc" : "head";
        return new LinearHead(Channels, classes, key, _config.Dropout, Initializer.FanInUniform);
    }

    /// <inheritdoc/>
    protected override Value BuildStages(Value x)
    {
        foreach ((Conv2d convolution, BatchNorm2d norm) in _stem)
        {
            x = norm.Forward(convolution.Forward(x)).Activate(_config.Activation);
        }

        x = x.MaxPooling(new WindowSpec(3, Stride: 2, Padding: 1)).Mark("stem");
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            foreach (Module block in _stages[stage])
            {
                x = block.Forward(x);
            }

            x.Mark($"stage{stage + 1}");
        }

        return x;
    }

    /// <summary>Mean of the map, or a class token that attends to it (arXiv 2112.13692).</summary>
    protected override Value Pool(Value map) => _aggregation is var (classToken, block, norm)
        ? norm.Forward(block.Forward(TokenMap.Of(map, classToken))).Reshape([map.Shape[0], map.Shape.Last])
        : map.Pool();

    private static void Check(ResNetConfig config)
    {
        if (config is { BasicBlocks: true, Attention: not null })
        {
            throw new ArgumentException("Attention stands in bottlenecks: leave out either BasicBlocks or Attention.", nameof(config));
        }

        if (config is { MaxPooledStages: true, BasicBlocks: false })
        {
            throw new ArgumentException("MaxPooledStages are stages of basic blocks: set BasicBlocks, too.", nameof(config));
        }

        if (config.Widths is { } widths && widths.Count != config.Depths.Count)
        {
            throw new ArgumentException(
                $"Widths has {widths.Count} entries for {config.Depths.Count} stages: give one for each of Depths.", nameof(config));
        }
    }

    private static Module Block(ResNetConfig config, int inputs, int stage, int block, float dropPath) => config.BasicBlocks
        ? new BasicBlock(config, inputs, config.WidthOf(stage), block == 0 ? config.StrideOf(stage) : 1, dropPath)
        : new Bottleneck(config, inputs, stage, block, dropPath);

    private IEnumerable<(Conv2d Convolution, BatchNorm2d Norm)> AddStem(ResNetConfig config)
    {
        int channels = config.StemChannels;
        Conv2d convolution = Add("conv1", config.SmallImages
            ? new Conv2d(3, channels, kernel: 3, padding: 1, bias: false)
            : new Conv2d(3, channels, kernel: 7, stride: 2, padding: 3, bias: false));
        yield return (convolution, Add("bn1", new BatchNorm2d(channels, config.NormEpsilon)));
    }

    private IEnumerable<(Conv2d Convolution, BatchNorm2d Norm)> AddDeepStem(ResNetConfig config)
    {
        int[] channels = [3, config.StemChannels / 2, config.StemChannels / 2, config.StemChannels];
        for (int i = 0; i < channels.Length - 1; i++)
        {
            // Activations lie between in the published code's list.
            Conv2d convolution = Add(
                $"stem.{3 * i}", new Conv2d(channels[i], channels[i + 1], kernel: 3, stride: i == 0 ? 2 : 1, padding: 1, bias: false));
            yield return (convolution, Add($"stem.{(3 * i) + 1}", new BatchNorm2d(channels[i + 1], config.NormEpsilon)));
        }
    }

    private int StrideAfter(int stage) =>
        Enumerable.Range(0, stage + 1).Aggregate(_config.StemStride, (stride, i) => stride * _config.StrideOf(i));
}
