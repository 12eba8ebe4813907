namespace Fovea.Models;

/// <summary>A member of the PatchConvNet family (arXiv 2112.13692). The variants are in <see cref="PatchConvNet.Variants"/>.</summary>
/// <param name="Channels">Width of the trunk; a multiple of 8.</param>
/// <param name="Depth">Number of blocks in the trunk.</param>
/// <param name="LayerScale">First value of all layer scales.</param>
/// <param name="Height">Rows of the images that it was trained on.</param>
/// <param name="Width">Columns of the images that it was trained on.</param>
public sealed record PatchConvNetConfig(int Channels, int Depth, float LayerScale = 1e-6f, int Height = 224, int Width = 224)
    : NetworkConfig(Height, Width)
{
    /// <summary>True if each class has a token of its own, and so a map of attention of its own.</summary>
    public bool PerClass { get; init; }

    /// <summary>True if the trunk's blocks begin with batch normalisation instead of layer normalisation.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Convolutions of stride 2 in the stem: each halves the map.</summary>
    public int StemConvolutions { get; init; } = 4;

    /// <summary>True for one linear layer over each patch in place of the stem's convolutions.</summary>
    public bool LinearStem { get; init; }

    /// <summary>True for the mean of the map in place of the attention-based aggregation.</summary>
    public bool AveragePooling { get; init; }

    /// <summary>Pixels between neighbouring positions of the trunk's map.</summary>
    public int PatchSize => 1 << StemConvolutions;

    /// <summary>Heads of the aggregation.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Hidden width of the aggregation's feed-forward network by channels, truncated.</summary>
    public double MlpRatio { get; init; } = 3;
}
