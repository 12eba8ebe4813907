using Fovea.Data;
using Fovea.Detection;
using Fovea.Engine.Execution;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Faster R-CNN (arXiv 1506.01497) on a feature pyramid (arXiv 1612.03144), and Mask R-CNN (arXiv 1703.06870): a network proposes regions,
/// heads tell their classes, boxes and masks. Checkpoint keys are torchvision's: <c>fpn</c>, <c>rpn.head</c>, <c>roi_heads</c>.
/// </summary>
public sealed class FasterRcnn : DetectorHead
{
    /// <summary>Name of the output of mask logits (N·D, H, W, channels), a channel for each label.</summary>
    public const string MasksName = "masks";

    private const string ProposalPart = "rpn";
    private const string RegionPart = "roi_heads";
    private const string RegionName = "region";
    private const string RegionLevelName = "region_level";
    private const int MaskParts = 8;
    private readonly PyramidNeck _neck;
    private readonly RpnHead _proposals;
    private readonly BoxHead _boxes;
    private readonly MaskHead? _masks;
    private readonly AnchorGenerator _generator;
    private readonly int[] _regionStrides;

    /// <summary>Makes a head for a backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="classes">Number of classes, without background.</param>
    /// <param name="masks">True for Mask R-CNN.</param>
    /// <param name="options">Options; those of the published networks where null.</param>
    public FasterRcnn(Backbone backbone, int classes, bool masks, DetectorOptions? options = null)
        : base(classes, options ?? new DetectorOptions())
    {
        FeaturePyramidOptions pyramid = new() { Channels = Options.Channels, Form = DetectorForm.Torchvision };
        _neck = Add("", new PyramidNeck(backbone.Stages, pyramid));
        _regionStrides = [.. _neck.Strides.SkipLast(1)];
        _generator = Rules.Anchors(_neck.Strides, octave: false);
        _proposals = Add($"{ProposalPart}.head", new RpnHead(Options.Channels, _generator.Levels[0].PerCell));
        RegionClasses labels = Rules.Classes;
        _boxes = Add(
            RegionPart, new BoxHead(Options.Channels, Options.BoxPooling, Options.Width, labels.Labels, labels.BoxesPerRegion));
        _masks = masks
            ? Add(RegionPart, new MaskHead(
                Options.Channels,
                Options.MaskConvolutions,
                Options.MaskChannels,
                labels.BoxesPerRegion,
                background: Rules.IsTorchvision))
            : null;
    }

    /// <summary>True for Mask R-CNN.</summary>
    public bool HasMasks => _masks is not null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Parts => [PyramidPart, ProposalPart, RegionPart];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs => HasMasks ? [.. base.Outputs, MasksName] : base.Outputs;

    /// <inheritdoc/>
    internal override IReadOnlyList<string> LossNames =>
        ["loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg", .. HasMasks ? ["loss_mask"] : Array.Empty<string>()];

    /// <inheritdoc/>
    protected override Value Build(Value images, Value sizes, IReadOnlyList<Value> maps)
    {
        (Proposed proposed, Value logits, Value codes) = Judge(images, sizes, maps);
        int capacity = Options.Detections ?? 100;
        SelectRegions operation = new(Rules.RegionDetection, Rules.LevelMapper(_regionStrides), capacity);
        IReadOnlyList<Value> detections = Apply(RegionPart, operation, proposed.Regions, logits, codes, sizes);
        MarkDetections(detections);
        _masks?.Forward(Pool(proposed.Maps, Options.MaskPooling, detections[3], detections[4]).Mark(MaskRegionsName)).Mark(MasksName);
        return detections[0];
    }

    /// <summary>Name of the mark of proposals (N·P, 5).</summary>
    internal const string ProposalsName = ProposalPart;

    /// <summary>Name of the mark of the regions that masks are made of: (N·D, H, W, C).</summary>
    internal const string MaskRegionsName = "mask_regions";

    /// <summary>Builds the mask head alone on pooled regions.</summary>
    /// <param name="regions">Pooled regions (K, H, W, C).</param>
    /// <returns>Mask logits (K, 2·H, 2·W, channels).</returns>
    internal Value ForwardMasks(Value regions)
    {
        using (Enter(regions.Graph))
        {
            return _masks!.Forward(regions);
        }
    }

    internal override void WriteRow(Plan plan, DetectedRow row)
    {
        Box box = row.Region!.Value;
        Span<float> region = plan.Input(RegionName);
        region[0] = 0;
        (region[1], region[2], region[3], region[4]) = (box.Left, box.Top, box.Right, box.Bottom);
        plan.IntegerInput(RegionLevelName)[0] = Rules.LevelMapper(_regionStrides).IndexOf(region[1..]);
    }

    internal override string LevelOf(DetectedRow row, Func<string, (int Rows, int Columns)> sizeOf)
    {
        Box box = row.Region!.Value;
        return _neck.LevelNames[Rules.LevelMapper(_regionStrides).IndexOf([box.Left, box.Top, box.Right, box.Bottom])];
    }

    private protected override Value BuildRowLogits(IReadOnlyList<Value> maps)
    {
        IReadOnlyList<Value> levels = _neck.Forward(maps);
        Value region = maps[0].Graph.Input(RegionName, [1, HostOperation.RegionNumbers]);
        Value level = maps[0].Graph.Input(RegionLevelName, [1], ElementType.Int32);
        (Value logits, _) = _boxes.Predict(Pool([.. levels.SkipLast(1)], Options.BoxPooling, region, level));
        return logits.Slice(1, Rules.Classes.LabelOf(0), Classes);
    }

    private protected override Value BuildOverlapScores(Value images, Value sizes, IReadOnlyList<Value> maps, Value box)
    {
        (Proposed proposed, Value logits, Value codes) = Judge(images, sizes, maps);
        return Apply(RegionPart, new ScoreRegions(Rules.RegionDetection), proposed.Regions, logits, codes, sizes, box)[0];
    }

    /// <summary>Proposals with the class logits (N·P, labels) and codes (N·P, 4·boxes) that the box head gives them.</summary>
    private (Proposed Proposed, Value Logits, Value Codes) Judge(Value images, Value sizes, IReadOnlyList<Value> maps)
    {
        Proposed proposed = Propose(images, sizes, maps, Options.ProposalsPerLevel, Options.Proposals);
        (Value logits, Value codes) = _boxes.Predict(Pool(proposed.Maps, Options.BoxPooling, proposed.Regions, proposed.Levels));
        return (proposed, logits, codes);
    }

    private protected override IEnumerable<Value> BuildLosses(
        Value images, Value sizes, IReadOnlyList<Value> maps, TrainingObjects objects)
    {
        Proposed proposed = Propose(images, sizes, maps, Options.TrainingProposalsPerLevel, Rules.TrainingProposals);
        return
        [
            .. ProposalLosses(proposed, sizes, objects),
            .. RegionLosses(proposed, sizes, objects),
        ];
    }

    private Value[] ProposalLosses(Proposed proposed, Value sizes, TrainingObjects objects)
    {
        IReadOnlyList<Value> targets = Apply(
            ProposalPart,
            new WriteAnchorTargets(
                objects, Rules.ProposalTargets, proposed.Anchors, 1, AnchorNormalizer.Samples, Rules.ValidMultiple, _generator),
            sizes);
        Value objectness = ElementLosses.BinaryCrossEntropy(proposed.Objectness, targets[0], targets[1]);
        Value boxes = ElementLosses.SmoothL1(proposed.Codes, targets[2], Rules.Beta, targets[3]);
        return [Total(objectness), Total(boxes)];
    }

    private IEnumerable<Value> RegionLosses(Proposed proposed, Value sizes, TrainingObjects objects)
    {
        LevelMapper mapper = Rules.LevelMapper(_regionStrides);
        int room = Math.Min(Options.RegionSample, proposed.Capacity + objects.Capacity);
        IReadOnlyList<Value> targets = Apply(
            RegionPart, new WriteRegionTargets(objects, Rules.RegionTargets, mapper, room), proposed.Regions, sizes);
        (Value logits, Value codes) = _boxes.Predict(Pool(proposed.Maps, Options.BoxPooling, targets[0], targets[1]));
        yield return Total(-(targets[3] * logits.LogSoftmax()));
        yield return Total(ElementLosses.SmoothL1(codes, targets[4], Rules.Beta, targets[5]));
        if (_masks is not null)
        {
            int size = 2 * Options.MaskPooling;
            WriteMaskTargets operation = new(
                objects, Rules.MaskTargets, Rules.Classes, mapper, Math.Min(Rules.ObjectRegions, room), size);
            IReadOnlyList<Value> masks = Apply(RegionPart, operation, targets[0], targets[2], sizes);
            yield return MaskLoss(Pool(proposed.Maps, Options.MaskPooling, masks[0], masks[1]), masks);
        }
    }

    // Part by part, so that what leads from pooled regions to masks is in memory for a part alone.
    private Value MaskLoss(Value pooled, IReadOnlyList<Value> targets)
    {
        int parts = pooled.Shape[0] % MaskParts == 0 ? MaskParts : 1;
        IReadOnlyList<Value> regions = pooled.Chunk(parts);
        IReadOnlyList<Value> choices = targets[3].Reshape([targets[3].Shape[0], targets[3].Shape.Last]).Chunk(parts);
        IReadOnlyList<Value> pixels = targets[2].Chunk(parts);
        IReadOnlyList<Value> weights = targets[4].Chunk(parts);
        return Enumerable.Range(0, parts)
            .Select(i => Total(ElementLosses.BinaryCrossEntropy(
                _masks!.ForwardChosen(regions[i], choices[i]).Reshape(pixels[i].Shape), pixels[i], weights[i])))
            .Aggregate((sum, part) => sum + part);
    }

    private Proposed Propose(Value images, Value sizes, IReadOnlyList<Value> maps, int perLevel, int most)
    {
        IReadOnlyList<Value> levels = _neck.Forward(maps);
        (Value objectness, Value codes) = _proposals.Forward(levels);
        PyramidAnchors anchors = new(_generator, levels, images.Shape[1], images.Shape[2]);
        int capacity = Math.Min(most, anchors.LevelSizes.Sum(size => Math.Min(size, perLevel)));
        SelectProposals operation = new(Rules.Proposals(perLevel), anchors, Rules.LevelMapper(_regionStrides), capacity);
        IReadOnlyList<Value> regions = Apply(ProposalPart, operation, objectness, codes, sizes);
        regions[0].Mark(ProposalPart);
        return new Proposed([.. levels.SkipLast(1)], objectness, codes, anchors, regions[0], regions[1], capacity);
    }

    private Value Pool(IReadOnlyList<Value> maps, int side, Value regions, Value levels)
    {
        using (regions.Graph.Enter(RegionPart))
        {
            return maps.RoiAlign(regions, levels, Rules.Pooling(side, _regionStrides));
        }
    }

    /// <summary>Results of the proposal network.</summary>
    /// <param name="Maps">Levels of the pyramid that regions are read from.</param>
    /// <param name="Objectness">Logits (N, anchors, 1).</param>
    /// <param name="Codes">Codes (N, anchors, 4).</param>
    /// <param name="Anchors">The anchors.</param>
    /// <param name="Regions">Proposals (N·P, 5).</param>
    /// <param name="Levels">Level of each proposal (N·P).</param>
    /// <param name="Capacity">P.</param>
    private sealed record Proposed(
        IReadOnlyList<Value> Maps,
        Value Objectness,
        Value Codes,
        PyramidAnchors Anchors,
        Value Regions,
        Value Levels,
        int Capacity);
}
