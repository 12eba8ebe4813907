namespace Fovea.Models;

/// <summary>One stage of CMT.</summary>
/// <param name="Channels">Channels of the stage's map.</param>
/// <param name="Depth">Number of blocks.</param>
/// <param name="Heads">Heads of its attention.</param>
/// <param name="Reduction">Factor along each side by which the map is smaller that keys and values are computed on.</param>
/// <param name="MlpRatio">Hidden width of the feed-forward networks by width of the stage, truncated.</param>
public sealed record CmtStage(int Channels, int Depth, int Heads, int Reduction, double MlpRatio)
{
    /// <summary>The four stages of a published variant: each as twice as wide and with twice as many heads as the one before.</summary>
    internal static CmtStage[] Four(int width, int[] depths, double mlpRatio) =>
        [.. depths.Select((depth, i) => new CmtStage(width << i, depth, 1 << i, 8 >> i, mlpRatio))];
}

/// <summary>
/// Options of a member of the CMT family (arXiv 2107.06263), as the official code has it. The variants are in <see cref="Cmt.Variants"/>.
/// </summary>
/// <param name="StemChannels">Channels of the stem.</param>
/// <param name="Stages">Stages; each begins with a 2×2 patch embedding of stride 2.</param>
/// <param name="Height">Rows of the images that the relative position bias is made for.</param>
/// <param name="Width">Columns of the images that the relative position bias is made for.</param>
public sealed record CmtConfig(int StemChannels, IReadOnlyList<CmtStage> Stages, int Height, int Width)
    : NetworkConfig(Height, Width)
{
    /// <summary>Stride of the stem's first convolution.</summary>
    public int StemStride { get; init; } = 2;

    /// <summary>Channels of the pooled features.</summary>
    public int HeadChannels { get; init; } = 1280;

    /// <summary>Dropout of attention weights.</summary>
    public float AttentionDropout { get; init; }

    /// <summary>Dropout behind the attention's projection.</summary>
    public float ProjectionDropout { get; init; }

    /// <summary>True if the queries', keys' and values' layers have a bias.</summary>
    public bool QueryKeyValueBias { get; init; } = true;

    /// <summary>Factor on the query-key products; 1/√(channels by heads) where null.</summary>
    public float? QueryKeyScale { get; init; }

    /// <summary>Factor by which queries and keys have fewer channels than values.</summary>
    public int QueryKeyRatio { get; init; } = 1;

    /// <summary>True if each block begins with a local perception unit; false to measure what the unit is worth (table 6).</summary>
    public bool LocalPerception { get; init; } = true;

    /// <summary>True if the depthwise convolution of the feed-forward network has a shortcut.</summary>
    public bool FeedForwardShortcut { get; init; } = true;

    /// <summary>Pixels between neighbouring tokens of the last stage: sides of images are multiples of it.</summary>
    public int TotalStride => StemStride << Stages.Count;

    /// <summary>Rows and columns of a stage's map for images of the given size.</summary>
    public (int Height, int Width) MapSize(int stage, int height, int width)
    {
        int stride = StemStride << (stage + 1);
        return (height / stride, width / stride);
    }
}
