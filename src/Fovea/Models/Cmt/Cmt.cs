using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// CMT: Convolutional Neural Networks Meet Vision Transformers (arXiv 2107.06263), as the official code has it or as the article's does:
/// a convolutional stem, then stages that begin with a 2×2 patch embedding and go on with blocks of local perception, attention and feed-forward network.
/// </summary>
public sealed class Cmt : Network
{
    private readonly CmtConfig _config;
    private readonly List<(Conv2d Convolution, BatchNorm2d Norm)> _stem = [];
    private readonly List<(Conv2d Projection, LayerNorm? Norm)> _embeddings = [];
    private readonly List<CmtBlock[]> _stages = [];
    private readonly List<Parameter> _positions = [];
    private readonly Parameter? _absolutePosition;
    private readonly Module _head;
    private readonly BatchNorm2d? _headNorm;
    private readonly Linear _classifier;

    /// <summary>Makes a network.</summary>
    /// <param name="config">Which one.</param>
    /// <exception cref="ArgumentException">The size or the stages do not fit together.</exception>
    public Cmt(CmtConfig config)
        : base(config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        IReadOnlyList<CmtStage> stages = config.Stages;
        for (int stage = 0; stage < stages.Count; stage++)
        {
            if (config.Position == CmtPosition.StageTable)
            {
                (int height, int width) = config.MapSize(stage, config.Height, config.Width);
                int keys = height / stages[stage].Reduction * (width / stages[stage].Reduction);
                _positions.Add(Add(
                    $"relative_pos_{Letter(stage)}",
                    new Parameter([stages[stage].Heads, height * width, keys], Initializer.Normal(1), resizing: new PositionInterpolation(Interpolation.Bicubic, 1, 2))));
            }
        }

        if (config.AbsolutePosition)
        {
            (int height, int width) = config.MapSize(0, config.Height, config.Width);
            _absolutePosition = Add("absolute_pos_embed", new Parameter([1, height * width, stages[0].Channels], Initializer.TruncatedNormal(0.2)));
        }

        for (int i = 0; i < 3; i++)
        {
            (string convolution, string norm) = StemKeys(i);
            _stem.Add((
                Add(convolution, new Conv2d(i == 0 ? 3 : config.StemChannels, config.StemChannels, kernel: 3, stride: i == 0 ? config.StemStride : 1, padding: 1)),
                Add(norm, new BatchNorm2d(config.StemChannels))));
        }

        for (int stage = 0; stage < stages.Count; stage++)
        {
            int before = stage == 0 ? config.StemChannels : stages[stage - 1].Channels;
            string key = config.Article ? $"pool{stage + 1}.patch_aggregation" : $"patch_embed_{Letter(stage)}.proj";
            Conv2d projection = Add(key, new Conv2d(before, stages[stage].Channels, kernel: 2, stride: 2));
            _embeddings.Add((projection, config.Article ? null : Add($"patch_embed_{Letter(stage)}.norm", new LayerNorm(stages[stage].Channels))));
        }

        int blocks = stages.Sum(stage => stage.Depth);
        for (int stage = 0, block = 0; stage < stages.Count; stage++)
        {
            CmtBlock[] members = new CmtBlock[stages[stage].Depth];
            for (int i = 0; i < members.Length; i++, block++)
            {
                float dropPath = blocks > 1 ? config.DropPath * block / (blocks - 1) : 0;
                members[i] = Add(config.Article ? $"stage{stage + 1}.block_list.{i}" : $"blocks_{Letter(stage)}.{i}", new CmtBlock(config, stage, dropPath));
            }

            _stages.Add(members);
        }

        _head = config.Article
            ? Add<Module>("fc", new Linear(stages[^1].Channels, config.HeadChannels))
            : Add<Module>("_fc", new Conv2d(stages[^1].Channels, config.HeadChannels, kernel: 1));
        _headNorm = config.Article ? null : Add("_bn", new BatchNorm2d(config.HeadChannels));
        _classifier = Add(config.Article ? "classifier" : "head", new Linear(config.HeadChannels, config.Classes));
    }

    /// <summary>The variants by name, at the size and with the dropout that they were trained with.</summary>
    public static IReadOnlyDictionary<string, CmtConfig> Variants { get; } = new OrderedDictionary<string, CmtConfig>
    {
        // Three stages for images of 28 to 32 pixels: the smallest network that shows every part of the family.
        ["cmt_nano"] = new(8, [new(24, 1, 1, 4, 3), new(48, 2, 2, 2, 3), new(96, 2, 4, 1, 3)], 32, 32) { StemStride = 1, HeadChannels = 256, Classes = 10 },
        ["cmt_ti"] = Official(16, 46, [2, 2, 10, 2], 3.6, 160, dropPath: 0.1f, dropout: 0.1f),
        ["cmt_xs"] = Official(16, 52, [3, 3, 12, 3], 3.77, 192, dropPath: 0.08f, dropout: 0.1f),
        ["cmt_s"] = Official(32, 64, [3, 3, 16, 3], 4, 224, dropPath: 0.1f, dropout: 0.1f),
        ["cmt_b"] = Official(38, 76, [4, 4, 20, 4], 4, 256, dropPath: 0.25f, dropout: 0.3f),
        ["cmt_ti_article"] = Article(16, 46, [2, 2, 10, 2], 3.6, 160),
        ["cmt_xs_article"] = Article(16, 52, [3, 3, 12, 3], 3.8, 192),
        ["cmt_s_article"] = Article(32, 64, [3, 3, 16, 3], 4, 224),
        ["cmt_b_article"] = Article(38, 76, [4, 4, 20, 4], 4, 256),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
        [.. _config.Stages.Select((stage, i) => new StageDescription($"stage{i + 1}", _config.StemStride << (i + 1), stage.Channels))];

    /// <inheritdoc/>
    public override ImageSizes Sizes => _config is { Article: true, Position: not CmtPosition.None } or { Article: true, AbsolutePosition: true }
        ? new ImageSizes(_config.TotalStride, Least: _config.Height, Most: _config.Height, Square: true)
        : new ImageSizes(_config.TotalStride);

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Sizes.Check(x.Shape[1], x.Shape[2]);
        foreach ((Conv2d convolution, BatchNorm2d norm) in _stem)
        {
            x = norm.Forward(convolution.Forward(x).Gelu());
        }

        x.Mark("stem");
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            x = Embed(x, stage);
            Value? position = _positions.Count > 0 ? Position(x, stage) : null;
            foreach (CmtBlock block in _stages[stage])
            {
                x = block.Forward(x, position);
            }

            x.Mark($"stage{stage + 1}");
        }

        return Classify(x);
    }

    private static CmtConfig Official(int stem, int width, int[] depths, double mlpRatio, int size, float dropPath, float dropout) =>
        new(stem, FourStages(width, depths, mlpRatio), size, size) { DropPath = dropPath, Dropout = dropout };

    private static CmtConfig Article(int stem, int width, int[] depths, double mlpRatio, int size) =>
        new(stem, FourStages(width, depths, mlpRatio), size, size)
        {
            Article = true,
            Position = CmtPosition.BlockOffsets,
            DropPath = 0.1f,
            Dropout = 0.1f,
            AttentionDropout = 0.1f,
            ProjectionDropout = 0.1f,
        };

    private static CmtStage[] FourStages(int width, int[] depths, double mlpRatio) =>
        [.. depths.Select((depth, i) => new CmtStage(width << i, depth, 1 << i, 8 >> i, mlpRatio))];

    private static char Letter(int stage) => (char)('a' + stage);

    private (string Convolution, string Norm) StemKeys(int index)
    {
        string article = index == 0 ? "stem.conv3x3_gelu_bn_downsample" : $"stem.conv3x3_gelu_bn_list.{index - 1}";
        return _config.Article
            ? ($"{article}.conv3x3_gelu_bn.0", $"{article}.conv3x3_gelu_bn.2")
            : ($"stem_conv{index + 1}", $"stem_norm{index + 1}");
    }

    private Value Embed(Value x, int stage)
    {
        (Conv2d projection, LayerNorm? norm) = _embeddings[stage];
        x = projection.Forward(x);
        x = norm is null ? x : norm.Forward(x);
        if (stage == 0 && _absolutePosition is not null)
        {
            x += x.Graph.Read(_absolutePosition).ToMap(x.Shape[1], x.Shape[2]);
        }

        return x.Mark(_config.Article ? $"pool{stage + 1}" : $"patch_embed_{Letter(stage)}");
    }

    /// <summary>The stage's table (heads, N, M), carried to another image size by bicubic interpolation of each head's N×M matrix (section 3.2).</summary>
    private Value Position(Value x, int stage)
    {
        CmtStage numbers = _config.Stages[stage];
        int keys = x.Shape[1] / numbers.Reduction * (x.Shape[2] / numbers.Reduction);
        using IDisposable path = x.Graph.Enter($"relative_pos_{Letter(stage)}");
        return x.Graph.Read(_positions[stage], [numbers.Heads, x.Shape[1] * x.Shape[2], keys]);
    }

    private Value Classify(Value x)
    {
        Value features = _config.Article
            ? _head.Forward(x.Pool()).Mark("fc")
            : _headNorm!.Forward(_head.Forward(x)).Silu().Pool();
        return _classifier.Forward(features.Mark(Features).Dropout(_config.Dropout));
    }
}
