namespace Fovea.Models;

/// <summary>Where CMT takes the position bias of its attention from.</summary>
public enum CmtPosition
{
    /// <summary>Official code: a dense table (heads, N, M) for each stage, shared by its blocks.</summary>
    StageTable,

    /// <summary>Article: a table over offsets, (2F−1)², for each block, shared by its heads.</summary>
    BlockOffsets,

    /// <summary>Article, without distances: a table (F², F²) for each block, shared by its heads; the first M columns are used.</summary>
    BlockTable,

    /// <summary>None.</summary>
    None,
}

/// <summary>One stage of CMT.</summary>
/// <param name="Channels">Width.</param>
/// <param name="Depth">Number of blocks.</param>
/// <param name="Heads">Heads of its attention.</param>
/// <param name="Reduction">Keys and values are computed on a map smaller by this factor along each side.</param>
/// <param name="MlpRatio">Hidden width of the feed-forward networks by width of the stage, truncated.</param>
public sealed record CmtStage(int Channels, int Depth, int Heads, int Reduction, double MlpRatio);

/// <summary>A member of the CMT family (arXiv 2107.06263). The variants are in <see cref="Cmt.Variants"/>.</summary>
/// <param name="StemChannels">Width of the stem.</param>
/// <param name="Stages">The stages; each begins with a 2×2 patch embedding of stride 2.</param>
/// <param name="Height">Rows of the images that the position tables are made for.</param>
/// <param name="Width">Columns of the images that the position tables are made for.</param>
public sealed record CmtConfig(int StemChannels, IReadOnlyList<CmtStage> Stages, int Height, int Width)
    : NetworkConfig(Height, Width)
{
    /// <summary>Stride of the stem's first convolution.</summary>
    public int StemStride { get; init; } = 2;

    /// <summary>Width of the layer in front of the classifier.</summary>
    public int HeadChannels { get; init; } = 1280;

    /// <summary>Dropout of attention weights.</summary>
    public float AttentionDropout { get; init; }

    /// <summary>Dropout behind the attention's projection.</summary>
    public float ProjectionDropout { get; init; }

    /// <summary>Where the position bias comes from.</summary>
    public CmtPosition Position { get; init; } = CmtPosition.StageTable;

    /// <summary>Whether the queries', keys' and values' layers have a bias.</summary>
    public bool QueryKeyValueBias { get; init; } = true;

    /// <summary>Factor on the query-key products; 1/√(channels by heads) where null.</summary>
    public float? QueryKeyScale { get; init; }

    /// <summary>Official: queries and keys have this many times fewer channels than values.</summary>
    public int QueryKeyRatio { get; init; } = 1;

    /// <summary>True for the network of the article (FlyEgle/CMT-pytorch), false for the official one; specs in <c>docs/models/cmt.md</c>.</summary>
    public bool Article { get; init; }

    /// <summary>Article: whether a table (1, N, C) is added behind the first patch embedding.</summary>
    public bool AbsolutePosition { get; init; }

    /// <summary>Article: whether GELU and batch normalisation follow the convolution of the local perception unit.</summary>
    public bool LocalPerceptionActivation { get; init; }

    /// <summary>Pixels between neighbouring tokens of the last stage: sides of images are multiples of it.</summary>
    public int TotalStride => StemStride << Stages.Count;

    /// <summary>ε of the layer normalisations in blocks.</summary>
    public float BlockEpsilon => Article ? 1e-5f : 1e-6f;

    /// <summary>Rows and columns of a stage's map for images of the given size.</summary>
    public (int Height, int Width) MapSize(int stage, int height, int width) => (height / (StemStride << (stage + 1)), width / (StemStride << (stage + 1)));
}
