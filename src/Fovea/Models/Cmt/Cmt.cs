using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// CMT: Convolutional Neural Networks Meet Vision Transformers (arXiv 2107.06263), as its official code has it: a convolutional stem, then
/// stages that begin with a 2×2 patch embedding and go on with blocks of local perception, attention and feed-forward network.
/// </summary>
public sealed class Cmt : Backbone
{
    private readonly CmtConfig _config;
    private readonly List<Parameter> _positions = [];
    private readonly List<(Conv2d Convolution, BatchNorm2d Norm)> _stem = [];
    private readonly List<(Conv2d Projection, LayerNorm Norm)> _embeddings = [];
    private readonly List<CmtBlock[]> _stages = [];
    private readonly Conv2d _expand;
    private readonly BatchNorm2d _expandNorm;

    /// <summary>Makes a backbone.</summary>
    /// <param name="config">Options of the variant.</param>
    /// <exception cref="ShapeException">It cannot be made for images of the size.</exception>
    public Cmt(CmtConfig config)
        : base(config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        IReadOnlyList<CmtStage> stages = config.Stages;
        for (int stage = 0; stage < stages.Count; stage++)
        {
            (int height, int width) = config.MapSize(stage, config.Height, config.Width);
            PositionInterpolation resizing = new(Interpolation.Bicubic, 1, 2);
            Parameter position = new(PositionShape(stage, height, width), Initializer.Normal(1), resizing: resizing);
            _positions.Add(Add($"relative_pos_{Letter(stage)}", position));
        }

        for (int i = 0, channels = 3; i < 3; i++, channels = config.StemChannels)
        {
            Conv2d convolution = new(channels, config.StemChannels, kernel: 3, stride: i == 0 ? config.StemStride : 1, padding: 1);
            _stem.Add((Add($"stem_conv{i + 1}", convolution), Add($"stem_norm{i + 1}", new BatchNorm2d(config.StemChannels))));
        }

        for (int stage = 0, channels = config.StemChannels; stage < stages.Count; channels = stages[stage].Channels, stage++)
        {
            string key = $"patch_embed_{Letter(stage)}";
            Conv2d projection = Add($"{key}.proj", new Conv2d(channels, stages[stage].Channels, kernel: 2, stride: 2));
            _embeddings.Add((projection, Add($"{key}.norm", new LayerNorm(stages[stage].Channels))));
        }

        int blocks = stages.Sum(stage => stage.Depth);
        for (int stage = 0, block = 0; stage < stages.Count; stage++)
        {
            CmtBlock[] members = new CmtBlock[stages[stage].Depth];
            for (int i = 0; i < members.Length; i++, block++)
            {
                float dropPath = blocks > 1 ? config.DropPath * block / (blocks - 1) : 0;
                members[i] = Add($"blocks_{Letter(stage)}.{i}", new CmtBlock(config, stage, dropPath));
            }

            _stages.Add(members);
        }

        _expand = AddPooling("_fc", new Conv2d(stages[^1].Channels, config.HeadChannels, kernel: 1));
        _expandNorm = AddPooling("_bn", new BatchNorm2d(config.HeadChannels));
    }

    /// <summary>Variants by name, at the size and with the dropout that they were trained with.</summary>
    public static IReadOnlyDictionary<string, CmtConfig> Variants { get; } = new OrderedDictionary<string, CmtConfig>
    {
        ["cmt_nano"] = Nano(reductions: [4, 2, 1]),
        ["cmt_ti"] = new(16, CmtStage.Four(46, [2, 2, 10, 2], 3.6), 160, 160) { DropPath = 0.1f, Dropout = 0.1f },
        ["cmt_xs"] = new(16, CmtStage.Four(52, [3, 3, 12, 3], 3.77), 192, 192) { DropPath = 0.08f, Dropout = 0.1f },
        ["cmt_s"] = new(32, CmtStage.Four(64, [3, 3, 16, 3], 4), 224, 224) { DropPath = 0.1f, Dropout = 0.1f },
        ["cmt_b"] = new(38, CmtStage.Four(76, [4, 4, 20, 4], 4), 256, 256) { DropPath = 0.25f, Dropout = 0.3f },
    };

    /// <summary><c>cmt_nano</c> without one of the family's ideas, by name.</summary>
    public static IReadOnlyDictionary<string, CmtConfig> Ablations { get; } = new OrderedDictionary<string, CmtConfig>
    {
        ["cmt_nano_no_local_perception"] = Nano(reductions: [4, 2, 1]) with { LocalPerception = false },
        ["cmt_nano_no_shortcut"] = Nano(reductions: [4, 2, 1]) with { FeedForwardShortcut = false },
        ["cmt_nano_full_keys"] = Nano(reductions: [1, 1, 1]),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
        [.. _config.Stages.Select((stage, i) => new StageDescription($"stage{i + 1}", _config.StemStride << (i + 1), stage.Channels))];

    /// <inheritdoc/>
    public override ImageSizes Sizes => new(_config.TotalStride);

    /// <inheritdoc/>
    public override int Channels => _config.HeadChannels;

    /// <inheritdoc/>
    public override Head CreateHead(int classes) => new LinearHead(Channels, classes, dropout: _config.Dropout);

    /// <inheritdoc/>
    protected override Value BuildStages(Value x)
    {
        Sizes.Check(x.Shape[1], x.Shape[2]);
        foreach ((Conv2d convolution, BatchNorm2d norm) in _stem)
        {
            x = norm.Forward(convolution.Forward(x).Gelu());
        }

        x.Mark("stem");
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            (Conv2d projection, LayerNorm norm) = _embeddings[stage];
            x = norm.Forward(projection.Forward(x)).Mark($"patch_embed_{Letter(stage)}");
            Value position = Position(x, stage);
            x = _stages[stage].Aggregate(x, (map, block) => block.Forward(map, position)).Mark($"stage{stage + 1}");
        }

        return x;
    }

    /// <inheritdoc/>
    protected override Value Pool(Value map) => _expandNorm.Forward(_expand.Forward(map)).Silu().Pool();

    /// <summary>Three stages for images of 28 to 32 pixels: the smallest network that shows every part of the family.</summary>
    private static CmtConfig Nano(int[] reductions) =>
        new(8, [new(24, 1, 1, reductions[0], 3), new(48, 2, 2, reductions[1], 3), new(96, 2, 4, reductions[2], 3)], 32, 32)
        {
            StemStride = 1,
            HeadChannels = 256,
            Classes = 10,
        };

    private static char Letter(int stage) => (char)('a' + stage);

    /// <summary>
    /// The stage's relative position bias (heads, N, M), resized to the map by bicubic interpolation of each head's N×M matrix (section
    /// 3.2).
    /// </summary>
    private Value Position(Value x, int stage)
    {
        using IDisposable path = x.Graph.Enter($"relative_pos_{Letter(stage)}");
        return x.Graph.Read(_positions[stage], PositionShape(stage, x.Shape[1], x.Shape[2]));
    }

    private Shape PositionShape(int stage, int height, int width)
    {
        CmtStage numbers = _config.Stages[stage];
        return [numbers.Heads, height * width, height / numbers.Reduction * (width / numbers.Reduction)];
    }
}
