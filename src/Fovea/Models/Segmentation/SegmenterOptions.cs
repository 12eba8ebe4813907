using System.Text.Json;

namespace Fovea.Models;

/// <summary>
/// Options of the segmentation heads <c>semantic_fpn</c> and <c>upernet</c>. Defaults are those of the published networks; a head passes
/// over options that are not its own.
/// </summary>
public sealed record SegmenterOptions
{
    /// <summary>Channels of the head's convolutions; null for 512, for Semantic FPN 128.</summary>
    public int? Channels { get; init; }

    /// <summary>Channels of the feature pyramid in front of Semantic FPN's head.</summary>
    public int NeckChannels { get; init; } = 256;

    /// <summary>Bins along each side of UPerNet's pyramid pooling, for every branch.</summary>
    public IReadOnlyList<int> PoolingBins { get; init; } = [1, 2, 3, 6];

    /// <summary>Probability of dropping a channel in front of the logits, in training.</summary>
    public float Dropout { get; init; } = 0.1f;

    /// <summary>True if maps are resized so that the centres of their corners meet.</summary>
    public bool AlignCorners { get; init; }

    /// <summary>True for an auxiliary head on the next-to-last stage, in training; null for true, for Semantic FPN false.</summary>
    public bool? Auxiliary { get; init; }

    /// <summary>Channels of the auxiliary head's convolution.</summary>
    public int AuxiliaryChannels { get; init; } = 256;

    /// <summary>Factor of the auxiliary head's loss.</summary>
    public float AuxiliaryWeight { get; init; } = 0.4f;

    /// <summary>True if all options are equal, lists by their elements.</summary>
    /// <param name="other">The other options.</param>
    public bool Equals(SegmenterOptions? other) => other is not null && ToJson() == other.ToJson();

    /// <inheritdoc/>
    public override int GetHashCode() => ToJson().GetHashCode(StringComparison.Ordinal);

    private string ToJson() => JsonSerializer.Serialize(this, ModelInfoJson.Default.SegmenterOptions);
}
