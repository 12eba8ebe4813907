namespace Fovea.Models;

/// <summary>
/// Semantic FPN (arXiv 1901.02446, section 3.1): a feature pyramid, each level of which is convolved and doubled to the size of the finest,
/// where all are added.
/// </summary>
public sealed class SemanticFpn : SegmenterHead
{
    private const int PublishedChannels = 128;
    private const string NeckPart = "neck";
    private readonly FeaturePyramid _neck;
    private readonly SemanticFpnHead _decoder;

    /// <summary>Makes a head for a backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Options; those of the published network where null.</param>
    public SemanticFpn(Backbone backbone, int classes, SegmenterOptions? options = null)
        : base(backbone, classes, options ?? new SegmenterOptions())
    {
        int[] channels = [.. Stages.Select(stage => stage.Channels)];
        _neck = Add(NeckPart, new FeaturePyramid(channels, new FeaturePyramidOptions
        {
            Channels = Options.NeckChannels,
            Extra = 0,
            Form = DetectorForm.Mmdetection,
        }));
        _decoder = Add(DecoderKey, new SemanticFpnHead(
            [.. Stages.Select(_ => Options.NeckChannels)],
            [.. Stages.Select(stage => stage.Stride)],
            classes,
            DecoderOptions(Options.Channels ?? PublishedChannels)));
        if (Options.Auxiliary ?? false)
        {
            AddAuxiliary();
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Parts => [NeckPart, NetworkParts.Head];

    private protected override Value Decode(IReadOnlyList<Value> levels)
    {
        IReadOnlyList<Value> pyramid = _neck.Forward(levels);
        pyramid[^1].Mark(NeckPart);
        return _decoder.Forward(pyramid);
    }
}
