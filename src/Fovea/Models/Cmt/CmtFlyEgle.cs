using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// CMT of FlyEgle/CMT-pytorch, an independent version of the network of arXiv 2107.06263: its position bias belongs to the blocks, its
/// shortcut in the feed-forward network goes around activation and norm, and its last layer follows pooling. <see cref="Cmt"/> is the
/// official network.
/// </summary>
public sealed class CmtFlyEgle : Backbone
{
    private readonly CmtFlyEgleConfig _config;
    private readonly Parameter? _absolutePosition;
    private readonly List<(Conv2d Convolution, BatchNorm2d Norm)> _stem = [];
    private readonly List<Conv2d> _embeddings = [];
    private readonly List<CmtFlyEgleBlock[]> _stages = [];
    private readonly Linear _expand;

    /// <summary>Makes a backbone.</summary>
    /// <param name="config">Options of the variant.</param>
    /// <exception cref="ShapeException">It cannot be made for images of the size.</exception>
    public CmtFlyEgle(CmtFlyEgleConfig config)
        : base(config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        IReadOnlyList<CmtStage> stages = config.Stages;
        if (config.AbsolutePosition)
        {
            Shape shape = [1, config.MapSide(0) * config.MapSide(0), stages[0].Channels];
            _absolutePosition = Add("absolute_pos_embed", new Parameter(shape, Initializer.TruncatedNormal(0.2)) { OfImageSize = true });
        }

        for (int i = 0, channels = 3; i < 3; i++, channels = config.StemChannels)
        {
            string key = i == 0 ? "stem.conv3x3_gelu_bn_downsample" : $"stem.conv3x3_gelu_bn_list.{i - 1}";
            Conv2d convolution = new(channels, config.StemChannels, kernel: 3, stride: i == 0 ? 2 : 1, padding: 1);
            BatchNorm2d norm = new(config.StemChannels);
            _stem.Add((Add($"{key}.conv3x3_gelu_bn.0", convolution), Add($"{key}.conv3x3_gelu_bn.2", norm)));
        }

        for (int stage = 0, channels = config.StemChannels; stage < stages.Count; channels = stages[stage].Channels, stage++)
        {
            _embeddings.Add(Add($"pool{stage + 1}.patch_aggregation", new Conv2d(channels, stages[stage].Channels, kernel: 2, stride: 2)));
        }

        int blocks = stages.Sum(stage => stage.Depth);
        for (int stage = 0, block = 0; stage < stages.Count; stage++)
        {
            CmtFlyEgleBlock[] members = new CmtFlyEgleBlock[stages[stage].Depth];
            for (int i = 0; i < members.Length; i++, block++)
            {
                float dropPath = blocks > 1 ? config.DropPath * block / (blocks - 1) : 0;
                members[i] = Add($"stage{stage + 1}.block_list.{i}", new CmtFlyEgleBlock(config, stage, dropPath));
            }

            _stages.Add(members);
        }

        _expand = AddPooling("fc", new Linear(stages[^1].Channels, config.HeadChannels));
    }

    /// <summary>Variants by name, at the size and with the dropout of the code.</summary>
    public static IReadOnlyDictionary<string, CmtFlyEgleConfig> Variants { get; } = new OrderedDictionary<string, CmtFlyEgleConfig>
    {
        ["cmt_ti_flyegle"] = Variant(16, CmtStage.Four(46, [2, 2, 10, 2], 3.6), 160),
        ["cmt_xs_flyegle"] = Variant(16, CmtStage.Four(52, [3, 3, 12, 3], 3.8), 192),
        ["cmt_s_flyegle"] = Variant(32, CmtStage.Four(64, [3, 3, 16, 3], 4), 224),
        ["cmt_b_flyegle"] = Variant(38, CmtStage.Four(76, [4, 4, 20, 4], 4), 256),
    };

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
        [.. _config.Stages.Select((stage, i) => new StageDescription($"stage{i + 1}", 4 << i, stage.Channels))];

    /// <summary>
    /// Image sizes: the network's own square where it has a position bias or embedding, which is not interpolated; multiples of the stride
    /// otherwise.
    /// </summary>
    public override ImageSizes Sizes => _config.Position != CmtFlyEglePosition.None || _config.AbsolutePosition
        ? new ImageSizes(_config.TotalStride, Min: _config.Height, Max: _config.Height, Square: true)
        : new ImageSizes(_config.TotalStride);

    /// <inheritdoc/>
    public override int Channels => _config.HeadChannels;

    /// <inheritdoc/>
    public override Head CreateHead(int classes) => new LinearHead(Channels, classes, "classifier", _config.Dropout);

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
            x = _embeddings[stage].Forward(x);
            x = stage == 0 && _absolutePosition is not null ? x + x.Graph.Read(_absolutePosition).ToMap(x.Shape[1], x.Shape[2]) : x;
            x = _stages[stage].Aggregate(x.Mark($"pool{stage + 1}"), (map, block) => block.Forward(map)).Mark($"stage{stage + 1}");
        }

        return x;
    }

    /// <inheritdoc/>
    protected override Value Pool(Value map) => _expand.Forward(map.Pool()).Mark("fc");

    private static CmtFlyEgleConfig Variant(int stem, CmtStage[] stages, int size) =>
        new(stem, stages, size, size) { DropPath = 0.1f, Dropout = 0.1f, AttentionDropout = 0.1f, ProjectionDropout = 0.1f };
}
