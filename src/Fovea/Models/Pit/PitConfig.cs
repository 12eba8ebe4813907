namespace Fovea.Models;

/// <summary>One stage of PiT.</summary>
/// <param name="Channels">Width; a multiple of the width of the stage before.</param>
/// <param name="Depth">Number of blocks.</param>
/// <param name="Heads">Heads of its attention, each of width channels by heads.</param>
public sealed record PitStage(int Channels, int Depth, int Heads);

/// <summary>A member of the PiT family (arXiv 2103.16302). The variants are in <see cref="Pit.Variants"/>.</summary>
/// <param name="Patch">Side of a patch in pixels.</param>
/// <param name="Stride">Pixels between neighbouring patches, which overlap.</param>
/// <param name="Stages">The stages; each but the first begins with a pooling layer of stride 2.</param>
/// <param name="Height">Rows of the images that the position embedding is made for.</param>
/// <param name="Width">Columns of the images that the position embedding is made for.</param>
public sealed record PitConfig(int Patch, int Stride, IReadOnlyList<PitStage> Stages, int Height = 224, int Width = 224)
    : NetworkConfig(Height, Width)
{
    /// <summary>True if a second token and classifier learn from a teacher (arXiv 2012.12877, section 3).</summary>
    public bool Distilled { get; init; }

    /// <summary>Hidden width of the feed-forward networks by width of the stage, truncated.</summary>
    public double MlpRatio { get; init; } = 4;

    /// <summary>Dropout of attention weights.</summary>
    public float AttentionDropout { get; init; }

    /// <summary>ε of the layer normalisations.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <summary>Rows or columns of patches along a side of so many pixels.</summary>
    public int Patches(int side) => ((side - Patch) / Stride) + 1;
}

/// <summary>Options of the PiT of lucidrains/vit-pytorch. The variants are in <see cref="PitLucidrains.Variants"/>.</summary>
/// <param name="Patch">Side of a patch in pixels; patches stand half as many apart.</param>
/// <param name="Channels">Width of the first stage; each further one is twice as wide as the one before.</param>
/// <param name="Depths">Number of blocks of each stage.</param>
/// <param name="Heads">Heads of each stage's attention.</param>
/// <param name="Hidden">Hidden width of the feed-forward networks of all stages.</param>
/// <param name="Height">Rows of the images that the position embedding is made for.</param>
/// <param name="Width">Columns of the same; as many as rows.</param>
public sealed record PitLucidrainsConfig(
    int Patch, int Channels, IReadOnlyList<int> Depths, IReadOnlyList<int> Heads, int Hidden, int Height = 224, int Width = 224)
    : NetworkConfig(Height, Width)
{
    /// <summary>Channels of a head in all stages.</summary>
    public int HeadWidth { get; init; } = 64;

    /// <summary>Dropout behind the position embedding; <see cref="NetworkConfig.Dropout"/> is that of the blocks.</summary>
    public float EmbeddingDropout { get; init; }

    /// <summary>Pixels between neighbouring patches.</summary>
    public int Stride => Patch / 2;

    /// <summary>Rows or columns of patches along a side of so many pixels.</summary>
    public int Patches(int side) => ((side - Patch) / Stride) + 1;

    /// <summary>Width of a stage.</summary>
    public int WidthOf(int stage) => Channels << stage;
}
