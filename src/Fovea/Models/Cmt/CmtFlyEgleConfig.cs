namespace Fovea.Models;

/// <summary>Position bias of the attention of <see cref="CmtFlyEgle"/>, each block's own and shared by its heads.</summary>
public enum CmtFlyEglePosition
{
    /// <summary>Relative position bias: one number for each offset between query and key, (2F−1, 2F−1) for maps of F×F.</summary>
    Relative,

    /// <summary>One number for each query and key, (F², F²), of which the first M columns are used.</summary>
    Absolute,

    /// <summary>No position bias.</summary>
    None,
}

/// <summary>
/// Options of the CMT of FlyEgle/CMT-pytorch. The variants are in <see cref="CmtFlyEgle.Variants"/>, the differences in
/// <c>docs/models/cmt.md</c>.
/// </summary>
/// <param name="StemChannels">Channels of the stem.</param>
/// <param name="Stages">Stages; each begins with a 2×2 patch embedding of stride 2.</param>
/// <param name="Height">Rows of the images that the position bias is made for.</param>
/// <param name="Width">Columns of the images that the position bias is made for.</param>
public sealed record CmtFlyEgleConfig(int StemChannels, IReadOnlyList<CmtStage> Stages, int Height, int Width)
    : NetworkConfig(Height, Width)
{
    /// <summary>Channels of the pooled features.</summary>
    public int HeadChannels { get; init; } = 1280;

    /// <summary>Dropout of attention weights.</summary>
    public float AttentionDropout { get; init; }

    /// <summary>Dropout behind the attention's projection.</summary>
    public float ProjectionDropout { get; init; }

    /// <summary>Kind of position bias.</summary>
    public CmtFlyEglePosition Position { get; init; }

    /// <summary>True if the queries', keys' and values' layers have a bias.</summary>
    public bool QueryKeyValueBias { get; init; } = true;

    /// <summary>Factor on the query-key products; 1/√(channels by heads) where null.</summary>
    public float? QueryKeyScale { get; init; }

    /// <summary>True if a position embedding (1, N, C) is added behind the first patch embedding.</summary>
    public bool AbsolutePosition { get; init; }

    /// <summary>True if GELU and batch normalisation follow the convolution of the local perception unit.</summary>
    public bool LocalPerceptionActivation { get; init; }

    /// <summary>Pixels between neighbouring tokens of the last stage: sides of images are multiples of it.</summary>
    public int TotalStride => 2 << Stages.Count;

    /// <summary>Side of a stage's map, which is square wherever there is a position bias.</summary>
    public int MapSide(int stage) => Height / (4 << stage);
}
