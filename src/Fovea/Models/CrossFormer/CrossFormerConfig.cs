using Fovea.Layers;

namespace Fovea.Models;

/// <summary>Cells that CrossFormer's long distance attention (LDA) brings together.</summary>
public enum LongDistance
{
    /// <summary>
    /// The official code of today: G×G cells that lie an interval I apart, within super-cells of G·I cells along each side.
    /// </summary>
    Grid,

    /// <summary>The official code of 2021, made for dense tasks: all cells of the map that lie a multiple of the interval apart.</summary>
    Interval,
}

/// <summary>One stage of CrossFormer.</summary>
/// <param name="Depth">Number of blocks.</param>
/// <param name="Heads">Heads of its attention.</param>
/// <param name="GroupSize">G: rows and columns of a group.</param>
/// <param name="Interval">I: cells between the members of a group of long distance attention.</param>
public sealed record CrossFormerStage(int Depth, int Heads, int GroupSize, int Interval)
{
    /// <summary>Hidden width of the feed-forward networks by width of the stage, truncated.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Kernels of the embedding of stride 2 that follows the stage, unless it is the last.</summary>
    public IReadOnlyList<int> MergeKernels { get; init; } = [2, 4];
}

/// <summary>
/// A member of the CrossFormer family (arXiv 2108.00154, 2303.06908). The variants are in <see cref="CrossFormer.Variants"/>.
/// </summary>
/// <param name="Channels">Width of the first stage; it doubles with each.</param>
/// <param name="Stages">The stages.</param>
/// <param name="Height">Rows of the images that it is made for; no parameter depends on them.</param>
/// <param name="Width">Columns of the images that it is made for.</param>
public sealed record CrossFormerConfig(int Channels, IReadOnlyList<CrossFormerStage> Stages, int Height = 224, int Width = 224)
    : NetworkConfig(Height, Width)
{
    /// <summary>Kernels of the patch embedding; the first is its stride as well.</summary>
    public IReadOnlyList<int> PatchKernels { get; init; } = [4, 8, 16, 32];

    /// <summary>True if the queries', keys' and values' layer has a bias.</summary>
    public bool QueryKeyValueBias { get; init; } = true;

    /// <summary>
    /// Dropout of attention weights; <see cref="NetworkConfig.Dropout"/> is that behind the embedding, the projections and in the
    /// feed-forward networks.
    /// </summary>
    public float AttentionDropout { get; init; }

    /// <summary>Cells that long distance attention brings together.</summary>
    public LongDistance LongDistance { get; init; }

    /// <summary>True if all blocks attend to neighbours, those with an odd index too.</summary>
    public bool ShortDistanceOnly { get; init; }

    /// <summary>True if scores have a dynamic position bias.</summary>
    public bool PositionBias { get; init; } = true;

    /// <summary>True if the interval follows from the map, ⌈longer side / G⌉, instead of from the stage.</summary>
    public bool AdaptiveInterval { get; init; }

    /// <summary>CrossFormer++: whether every third block but a stage's last ends with a cooling layer (arXiv 2303.06908).</summary>
    public bool CoolingLayers { get; init; }

    /// <summary>
    /// True if it is the official backbone of detectors and segmenters, without the final norm; it has no head of its own, and its pooled
    /// features are the mean of the last map.
    /// </summary>
    public bool Dense { get; init; }

    /// <summary>Channels of a stage.</summary>
    public int ChannelsOf(int stage) => Channels << stage;

    /// <summary>
    /// Splitting of a map by a block's attention. Blocks with an even index see neighbours (short distance attention), those with an odd
    /// one cells far apart. A map whose shorter side fits into a group is not split at all: one square group holds it (Grid), or squares of
    /// its shorter side do (Interval).
    /// </summary>
    /// <param name="stage">The stage's index.</param>
    /// <param name="block">The block's index within the stage.</param>
    /// <param name="grid">The map.</param>
    public TokenGroups GroupsOf(int stage, int block, TokenGrid grid)
    {
        int size = Stages[stage].GroupSize;
        int shorter = Math.Min(grid.Height, grid.Width);
        int longer = Math.Max(grid.Height, grid.Width);
        if (shorter <= size)
        {
            int side = LongDistance == LongDistance.Grid ? longer : shorter;
            return new TokenGroups(side, side);
        }

        if (ShortDistanceOnly || block % 2 == 0)
        {
            return new TokenGroups(size, size);
        }

        int interval = AdaptiveInterval ? RoundUp(longer, size) : Stages[stage].Interval;
        return LongDistance == LongDistance.Grid
            ? new TokenGroups(size, size, interval)
            : new TokenGroups(RoundUp(grid.Height, interval), RoundUp(grid.Width, interval), interval);
    }

    /// <summary>True if a block ends with a cooling layer.</summary>
    /// <param name="stage">The stage's index.</param>
    /// <param name="block">The block's index within the stage.</param>
    public bool Cools(int stage, int block) => CoolingLayers && block % 3 == 2 && block < Stages[stage].Depth - 1;

    private static int RoundUp(int extent, int step) => (extent + step - 1) / step;
}
