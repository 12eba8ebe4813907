using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>Choice of how the images of a batch are mixed.</summary>
[JsonConverter(typeof(EnumWords<MixingMode>))]
public enum MixingMode
{
    /// <summary>One weight, and one choice between mixup and CutMix, for the whole batch.</summary>
    Batch,

    /// <summary>A weight and a choice of its own for each image.</summary>
    Element,
}

/// <summary>
/// Mixup (arXiv 1710.09412) and CutMix (arXiv 1905.04899) of the images of a batch with the batch in reverse order, targets likewise, as
/// options of a <see cref="BatchMixing"/>.
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

    /// <summary>Choice for the whole batch or for each image.</summary>
    public MixingMode Mode { get; init; }

    /// <summary>Epochs at the end of a run in which nothing is mixed.</summary>
    public int PlainEpochs { get; init; }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    public void Validate()
    {
        OptionCheck check = new(nameof(Mixing));
        check.Require(MixupAlpha >= 0 && double.IsFinite(MixupAlpha), nameof(MixupAlpha), "at least 0", MixupAlpha);
        check.Require(CutMixAlpha >= 0 && double.IsFinite(CutMixAlpha), nameof(CutMixAlpha), "at least 0", CutMixAlpha);
        check.Require(
            MixupAlpha > 0 || CutMixAlpha > 0,
            $"{nameof(MixupAlpha)} or {nameof(Mixing)}.{nameof(CutMixAlpha)}",
            "above 0 (leave Mixing out to mix nothing)",
            "0 both");
        check.RequireProbability(Probability, nameof(Probability));
        check.RequireProbability(SwitchProbability, nameof(SwitchProbability));
        check.Require(PlainEpochs >= 0, nameof(PlainEpochs), "at least 0", PlainEpochs);
    }
}
