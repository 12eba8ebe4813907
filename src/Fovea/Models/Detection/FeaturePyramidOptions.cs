namespace Fovea.Models;

/// <summary>Source of the levels of a feature pyramid that are coarser than the backbone's.</summary>
internal enum ExtraLevels
{
    /// <summary>Every second pixel of the coarsest level, without weights.</summary>
    MaxPool,

    /// <summary>A 3×3 convolution of stride 2 on the backbone's last map.</summary>
    Input,

    /// <summary>A 3×3 convolution of stride 2 on the coarsest lateral map.</summary>
    Lateral,

    /// <summary>A 3×3 convolution of stride 2 on the coarsest output.</summary>
    Output,
}

/// <summary>Options of a feature pyramid.</summary>
internal sealed record FeaturePyramidOptions
{
    /// <summary>Channels of every level.</summary>
    public int Channels { get; init; } = 256;

    /// <summary>Index of the first of the backbone's maps that takes part; finer ones are left out.</summary>
    public int FirstStage { get; init; }

    /// <summary>Number of levels that are coarser than the backbone's.</summary>
    public int Extra { get; init; } = 1;

    /// <summary>Source of these levels; each one after the first comes from the one before it.</summary>
    public ExtraLevels ExtraFrom { get; init; } = ExtraLevels.MaxPool;

    /// <summary>True if a ReLU stands in front of the convolution of each extra level after the first.</summary>
    public bool ExtraRelu { get; init; }

    /// <summary>The form of checkpoint keys and of fresh weights.</summary>
    public DetectorForm Form { get; init; }
}
