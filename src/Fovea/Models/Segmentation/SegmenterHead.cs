namespace Fovea.Models;

/// <summary>
/// Base class of semantic segmentation: from the maps of a backbone's stages to the logits of every pixel, at the size of the finest map.
/// A backbone of a single stage, such as PatchConvNet, gets maps of four sizes first (arXiv 2106.09681, appendix). Checkpoint keys are
/// mmsegmentation's: <c>neck</c>, <c>decode_head</c>, <c>auxiliary_head</c>.
/// </summary>
public abstract class SegmenterHead : DenseHead
{
    /// <summary>Checkpoint key of the head that inference reads.</summary>
    private protected const string DecoderKey = "decode_head";

    private const string AuxiliaryKey = "auxiliary_head";
    private readonly PatchConvNetNeck? _scales;
    private FcnHead? _auxiliary;

    private protected SegmenterHead(Backbone backbone, int classes, SegmenterOptions options)
        : base(classes)
    {
        Options = options;
        Stages = PyramidNeck.StagesOf(backbone.Stages);
        _scales = backbone.Stages.Count == 1 ? Add("", new PatchConvNetNeck(backbone.Stages[0].Channels)) : null;
    }

    /// <summary>Options that the head was made from.</summary>
    public SegmenterOptions Options { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs => [InferenceGraph.Logits];

    /// <summary>True if training has an auxiliary head beside the one that inference reads.</summary>
    public bool HasAuxiliary => _auxiliary is not null;

    /// <inheritdoc/>
    internal override IReadOnlyList<string> LossNames => _auxiliary is null ? ["decode"] : ["decode", "auxiliary"];

    /// <summary>Stages whose maps the head reads, the finest first.</summary>
    private protected IReadOnlyList<StageDescription> Stages { get; }

    /// <summary>True for the checkpoint key of a tensor of an auxiliary head, which inference does without.</summary>
    internal static bool IsAuxiliary(string key) => key.StartsWith($"{AuxiliaryKey}.", StringComparison.Ordinal);

    /// <summary>Builds the losses of a training step.</summary>
    /// <param name="maps">Maps (N, H, W, C) of the backbone's stages.</param>
    /// <param name="labels">Class index of each pixel (N, H, W) of Int32; −1 leaves a pixel out.</param>
    /// <param name="loss">
    /// Loss of logits (N, h, w, classes) and labels (N, H, W) as a single number (1); <see cref="DecodeHead.Loss"/> where null.
    /// </param>
    /// <returns>Single numbers by name, whose sum is minimised; the auxiliary head's has its weight already.</returns>
    internal IReadOnlyList<(string Name, Value Loss)> Losses(
        IReadOnlyList<Value> maps, Value labels, Func<Value, Value, Value>? loss = null)
    {
        loss ??= (logits, pixels) => DecodeHead.Loss(logits, pixels, Options.AlignCorners);
        using (Enter(labels.Graph))
        {
            IReadOnlyList<Value> levels = Levels(maps);
            List<Value> losses = [loss(Decode(levels), labels)];
            if (_auxiliary is not null)
            {
                losses.Add(loss(_auxiliary.Forward([levels[^2]]), labels) * Options.AuxiliaryWeight);
            }

            return [.. LossNames.Zip(losses)];
        }
    }

    /// <inheritdoc/>
    protected sealed override Value Build(Value images, Value sizes, IReadOnlyList<Value> maps) =>
        Decode(Levels(maps)).Mark(InferenceGraph.Logits);

    /// <summary>Builds the logits (N, H, W, classes) of the finest map's size.</summary>
    /// <param name="levels">Maps (N, H, W, C) of <see cref="Stages"/>.</param>
    private protected abstract Value Decode(IReadOnlyList<Value> levels);

    /// <summary>Registers the auxiliary head, behind all other parts.</summary>
    private protected void AddAuxiliary() => _auxiliary = Add(
        AuxiliaryKey, new FcnHead(Stages[^2].Channels, Classes, DecoderOptions(Options.AuxiliaryChannels)));

    /// <summary>Options of a head of so many channels.</summary>
    private protected DecodeHeadOptions DecoderOptions(int channels) =>
        new() { Channels = channels, Dropout = Options.Dropout, AlignCorners = Options.AlignCorners };

    private IReadOnlyList<Value> Levels(IReadOnlyList<Value> maps) => _scales is null ? maps : _scales.Levels(maps[0]);
}
