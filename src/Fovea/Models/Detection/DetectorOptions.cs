using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Models;

/// <summary>
/// Options of the detection heads <c>retinanet</c>, <c>faster_rcnn</c> and <c>mask_rcnn</c>. Defaults are those of the published networks;
/// a head passes over options that are not its own.
/// </summary>
public sealed record DetectorOptions
{
    /// <summary>
    /// Public code whose form the head has where the two differ: anchors, codes of boxes, matching, losses, pooling, background.
    /// </summary>
    public DetectorForm Form { get; init; }

    /// <summary>Channels of the feature pyramid, and of the convolutions on it.</summary>
    public int Channels { get; init; } = 256;

    /// <summary>3×3 convolutions of each of RetinaNet's subnets.</summary>
    public int Convolutions { get; init; } = 4;

    /// <summary>Channels of the two linear layers on a region.</summary>
    public int Width { get; init; } = 1024;

    /// <summary>Channels of each 3×3 convolution of the mask head.</summary>
    public IReadOnlyList<int> MaskConvolutions { get; init; } = [256, 256, 256, 256];

    /// <summary>Channels of the mask head's transposed convolution.</summary>
    public int MaskChannels { get; init; } = 256;

    /// <summary>
    /// Sides of the square anchors of each level in pixels, the finest level first; empty for those of the published networks: 8 strides of
    /// the level, for RetinaNet 4 strides and two more sizes within the octave.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<float>> AnchorSizes { get; init; } = [];

    /// <summary>Heights of the anchors by their widths.</summary>
    public IReadOnlyList<float> AnchorRatios { get; init; } = [0.5f, 1, 2];

    /// <summary>Proposals that each level gives before suppression, in training.</summary>
    public int TrainingProposalsPerLevel { get; init; } = 2000;

    /// <summary>Proposals of an image after suppression, in training; null for 2000, in mmdetection's form 1000.</summary>
    public int? TrainingProposals { get; init; }

    /// <summary>Proposals that each level gives before suppression, in inference.</summary>
    public int ProposalsPerLevel { get; init; } = 1000;

    /// <summary>Proposals of an image after suppression, in inference.</summary>
    public int Proposals { get; init; } = 1000;

    /// <summary>Overlap above which the weaker of two proposals is dropped.</summary>
    public double ProposalOverlap { get; init; } = 0.7;

    /// <summary>Anchors of an image that the proposal network learns from, half of them objects at most.</summary>
    public int AnchorSample { get; init; } = 256;

    /// <summary>Regions of an image that the heads on regions learn from, a quarter of them objects at most.</summary>
    public int RegionSample { get; init; } = 512;

    /// <summary>Rows and columns of a region that is pooled for the box head.</summary>
    public int BoxPooling { get; init; } = 7;

    /// <summary>Rows and columns of a region that is pooled for the mask head; masks have twice as many.</summary>
    public int MaskPooling { get; init; } = 14;

    /// <summary>Score that detections exceed.</summary>
    public float ScoreThreshold { get; init; } = 0.05f;

    /// <summary>Overlap above which the weaker of two detections of a class is dropped.</summary>
    public double DetectionOverlap { get; init; } = 0.5;

    /// <summary>Candidates of each level of RetinaNet before suppression.</summary>
    public int CandidatesPerLevel { get; init; } = 1000;

    /// <summary>Largest number of detections of an image; null for 100, for RetinaNet in torchvision's form 300.</summary>
    public int? Detections { get; init; }

    /// <summary>True if all options are equal, lists by their elements.</summary>
    /// <param name="other">The other options.</param>
    public bool Equals(DetectorOptions? other) => other is not null && ToJson() == other.ToJson();

    /// <inheritdoc/>
    public override int GetHashCode() => ToJson().GetHashCode(StringComparison.Ordinal);

    private string ToJson() => JsonSerializer.Serialize(this, ModelInfoJson.Default.DetectorOptions);
}

/// <summary>Public code whose form a detector has where the two differ.</summary>
[JsonConverter(typeof(EnumWords<DetectorForm>))]
public enum DetectorForm
{
    /// <summary>torchvision 0.14.</summary>
    Torchvision,

    /// <summary>mmdetection 2.</summary>
    Mmdetection,
}
