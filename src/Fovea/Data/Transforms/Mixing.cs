namespace Fovea.Data;

/// <summary>Partners that images of a batch are mixed with.</summary>
public enum MixingMode
{
    /// <summary>One weight, and one choice between mixup and CutMix, for the whole batch.</summary>
    Batch,

    /// <summary>A weight and a choice of its own for each image.</summary>
    Element,
}

/// <summary>
/// Mixup (arXiv 1710.09412) and CutMix (arXiv 1905.04899) of the images of a batch with the batch in reverse order, targets likewise.
/// </summary>
public sealed record Mixing
{
    /// <summary>Parameter α of mixup's Beta(α, α) distribution of weights; 0 for no mixup.</summary>
    public double MixupAlpha { get; init; }

    /// <summary>Parameter α of CutMix's Beta(α, α) distribution of areas; 0 for no CutMix.</summary>
    public double CutMixAlpha { get; init; }

    /// <summary>Probability that a batch, or an image in <see cref="MixingMode.Element"/>, is mixed at all.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Probability of CutMix where both are on.</summary>
    public double SwitchProbability { get; init; } = 0.5;

    /// <summary>Partners of the images.</summary>
    public MixingMode Mode { get; init; }

    /// <summary>Epochs at the end of a run in which nothing is mixed.</summary>
    public int PlainEpochs { get; init; }
}
