using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// CrossFormer (arXiv 2108.00154) and CrossFormer++ (arXiv 2303.06908): a pyramid whose stages begin with a cross-scale embedding and go on
/// with blocks that attend to neighbours and to cells far apart in turn.
/// </summary>
public sealed class CrossFormer : Backbone
{
    private readonly CrossFormerConfig _config;
    private readonly CrossScaleEmbedding _embedding;
    private readonly List<(CrossFormerBlock[] Blocks, CrossScaleEmbedding? Merge)> _stages = [];
    private readonly LayerNorm? _norm;

    /// <summary>Makes a backbone.</summary>
    /// <param name="config">Options of the variant.</param>
    /// <exception cref="ArgumentException">Kernels and strides do not fit together.</exception>
    /// <exception cref="ShapeException">It cannot be made for images of the size.</exception>
    public CrossFormer(CrossFormerConfig config)
        : base(config.Dense ? config with { Classes = 0 } : config)
    {
        _config = config;
        Sizes.Check(config.Height, config.Width);
        CrossScaleEmbedding embedding = new(3, config.Channels, config.PatchKernels, PatchStride, "projs", normFirst: false);
        _embedding = Add("patch_embed", embedding);
        int total = config.Stages.Sum(stage => stage.Depth);
        for (int stage = 0, block = 0; stage < config.Stages.Count; stage++)
        {
            CrossFormerBlock[] blocks = new CrossFormerBlock[config.Stages[stage].Depth];
            for (int i = 0; i < blocks.Length; i++, block++)
            {
                float dropPath = total > 1 ? config.DropPath * block / (total - 1) : 0;
                blocks[i] = Add($"layers.{stage}.blocks.{i}", new CrossFormerBlock(config, stage, i, dropPath));
            }

            _stages.Add((blocks, stage < config.Stages.Count - 1 ? Add($"layers.{stage}.downsample", MergeAfter(stage)) : null));
        }

        _norm = config.Dense ? null : AddPooling("norm", new LayerNorm(Channels));
    }

    /// <summary>Variants by name, at the size that they were trained with.</summary>
    public static IReadOnlyDictionary<string, CrossFormerConfig> Variants { get; } = new OrderedDictionary<string, CrossFormerConfig>
    {
        ["crossformer_t"] = Constant(64, [1, 1, 8, 6], dropPath: 0.1f),
        ["crossformer_s"] = Constant(96, [2, 2, 6, 2], dropPath: 0.2f),
        ["crossformer_b"] = Constant(96, [2, 2, 18, 2], dropPath: 0.3f),
        ["crossformer_l"] = Constant(128, [2, 2, 18, 2], dropPath: 0.5f),
        ["crossformer_pp_s"] = Progressive(64, [2, 2, 18, 2], dropPath: 0.2f),
        ["crossformer_pp_b"] = Progressive(96, [2, 2, 18, 2], dropPath: 0.3f),
        ["crossformer_pp_l"] = Progressive(128, [2, 2, 18, 2], dropPath: 0.5f),
        ["crossformer_pp_h"] = Progressive(128, [6, 6, 18, 2], dropPath: 0.5f),
        ["crossformer_nano"] = Nano([2, 4, 8], [2, 4]),
    };

    /// <summary><c>crossformer_nano</c> without one of the family's ideas, by name.</summary>
    public static IReadOnlyDictionary<string, CrossFormerConfig> Ablations { get; } = new OrderedDictionary<string, CrossFormerConfig>
    {
        ["crossformer_nano_one_scale"] = Nano([2], [2]),
        ["crossformer_nano_short_distance"] = Nano([2, 4, 8], [2, 4]) with { ShortDistanceOnly = true },
        ["crossformer_nano_no_position_bias"] = Nano([2, 4, 8], [2, 4]) with { PositionBias = false },
    };

    /// <inheritdoc/>
    public override ImageSizes Sizes => new(Multiple: PatchStride << (_config.Stages.Count - 1), Slack: PatchStride - 1);

    /// <inheritdoc/>
    public override IReadOnlyList<StageDescription> Stages =>
        [.. _config.Stages.Select((_, i) => new StageDescription($"stage{i + 1}", PatchStride << i, _config.ChannelsOf(i)))];

    /// <inheritdoc/>
    public override int Channels => _config.ChannelsOf(_config.Stages.Count - 1);

    private int PatchStride => _config.PatchKernels[0];

    /// <inheritdoc/>
    public override Head CreateHead(int classes) => new LinearHead(Channels, classes);

    /// <inheritdoc/>
    protected override Value BuildStages(Value x)
    {
        Sizes.Check(x.Shape[1], x.Shape[2]);
        x = _embedding.Forward(x).Mark("stem").Mark("patch_embed").Dropout(_config.Dropout);
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            (CrossFormerBlock[] blocks, CrossScaleEmbedding? merge) = _stages[stage];
            x = blocks.Aggregate(x, (map, block) => block.Forward(map)).Mark($"stage{stage + 1}");
            x = merge is null ? x : merge.Forward(x).Mark($"merge{stage + 1}");
        }

        return x;
    }

    /// <inheritdoc/>
    protected override Value Pool(Value map) => (_norm is null ? map : _norm.Forward(map).Mark("norm")).Pool();

    /// <summary>CrossFormer: groups of one size in all stages, each as sparse as an image of 224 pixels asks for.</summary>
    private static CrossFormerConfig Constant(int channels, int[] depths, float dropPath) =>
        FourStages(channels, depths, [7, 7, 7, 7], [8, 4, 2, 1]) with { DropPath = dropPath };

    /// <summary>CrossFormer++: groups that grow with depth, and cooling layers.</summary>
    private static CrossFormerConfig Progressive(int channels, int[] depths, float dropPath) =>
        FourStages(channels, depths, [4, 4, 14, 7], [4, 2, 1, 1]) with { DropPath = dropPath, CoolingLayers = true };

    /// <summary>Three stages of 16×16, 8×8 and 4×4 cells for images of 32 pixels.</summary>
    private static CrossFormerConfig Nano(int[] patchKernels, int[] mergeKernels)
    {
        int[] intervals = [4, 2, 1];
        CrossFormerStage[] stages =
            [.. intervals.Select((interval, i) => new CrossFormerStage(2, 3 << i, 4, interval) { MergeKernels = mergeKernels })];
        return new CrossFormerConfig(48, stages, 32, 32)
        {
            PatchKernels = patchKernels,
            Classes = 10,
        };
    }

    private static CrossFormerConfig FourStages(int channels, int[] depths, int[] groups, int[] intervals) =>
        new(channels, [.. depths.Select((depth, i) => new CrossFormerStage(depth, (channels << i) / 32, groups[i], intervals[i]))]);

    private CrossScaleEmbedding MergeAfter(int stage)
    {
        (int before, int after) = (_config.ChannelsOf(stage), _config.ChannelsOf(stage + 1));
        return new CrossScaleEmbedding(before, after, _config.Stages[stage].MergeKernels, stride: 2, "reductions", normFirst: true);
    }
}
