namespace Fovea.Models;

/// <summary>
/// UPerNet (arXiv 1807.10221): pyramid pooling on the coarsest map and a feature pyramid, whose levels are joined at the size of the
/// finest. In training an auxiliary head reads the next-to-last stage.
/// </summary>
public sealed class UperNet : SegmenterHead
{
    private const int PublishedChannels = 512;
    private readonly UperHead _decoder;

    /// <summary>Makes a head for a backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Options; those of the published network where null.</param>
    public UperNet(Backbone backbone, int classes, SegmenterOptions? options = null)
        : base(backbone, classes, options ?? new SegmenterOptions())
    {
        DecodeHeadOptions decoder = DecoderOptions(Options.Channels ?? PublishedChannels);
        int[] channels = [.. Stages.Select(stage => stage.Channels)];
        _decoder = Add(DecoderKey, new UperHead(channels, classes, decoder, Options.PoolingBins));
        if (Options.Auxiliary ?? true)
        {
            AddAuxiliary();
        }
    }

    private protected override Value Decode(IReadOnlyList<Value> levels) => _decoder.Forward(levels);
}
