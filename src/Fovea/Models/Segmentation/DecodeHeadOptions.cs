namespace Fovea.Models;

/// <summary>Options of a head from maps to the logits of pixels. Defaults are those of UPerNet.</summary>
internal sealed record DecodeHeadOptions
{
    /// <summary>Channels of the head's convolutions.</summary>
    public int Channels { get; init; } = 512;

    /// <summary>Probability of dropping a channel in front of the logits, in training.</summary>
    public float Dropout { get; init; } = 0.1f;

    /// <summary>True if maps are resized so that the centres of their corners meet.</summary>
    public bool AlignCorners { get; init; }
}
