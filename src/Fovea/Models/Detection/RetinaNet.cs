using Fovea.Detection;
using Fovea.Engine.Execution;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// RetinaNet (arXiv 1708.02002): a pyramid over the backbone's last three stages and two more levels, and on every level a class and a box
/// for each anchor. Checkpoint keys are torchvision's: <c>fpn</c>, <c>head</c>.
/// </summary>
public sealed class RetinaNet : DetectorHead
{
    private const int FocalGamma = 2;
    private const float FocalAlpha = 0.25f;
    private const string AnchorPart = "head";
    private const string AnchorName = "anchor";
    private readonly PyramidNeck _neck;
    private readonly RetinaNetHead _head;
    private readonly AnchorGenerator _generator;

    /// <summary>Makes a head for a backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Options; those of the published network where null.</param>
    public RetinaNet(Backbone backbone, int classes, DetectorOptions? options = null)
        : base(classes, options ?? new DetectorOptions())
    {
        bool isTorchvision = Rules.IsTorchvision;
        _neck = Add("", new PyramidNeck(backbone.Stages, new FeaturePyramidOptions
        {
            Channels = Options.Channels,
            FirstStage = Math.Max(0, PyramidNeck.StagesOf(backbone.Stages).Count - 3),
            Extra = 2,
            ExtraFrom = isTorchvision ? ExtraLevels.Output : ExtraLevels.Input,
            ExtraRelu = isTorchvision,
        }));
        _generator = Rules.Anchors(_neck.Strides, octave: true);
        _head = Add(AnchorPart, new RetinaNetHead(Options.Channels, _generator.Levels[0].PerCell, classes, Options.Convolutions));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Parts => [PyramidPart, AnchorPart];

    /// <inheritdoc/>
    internal override IReadOnlyList<string> LossNames => ["classification", "bbox_regression"];

    /// <inheritdoc/>
    protected override Value Build(Value images, Value sizes, IReadOnlyList<Value> maps)
    {
        IReadOnlyList<Value> levels = _neck.Forward(maps);
        (Value logits, Value codes) = _head.Forward(levels);
        PyramidAnchors anchors = new(_generator, levels, images.Shape[1], images.Shape[2]);
        int capacity = Options.Detections ?? (Rules.IsTorchvision ? 300 : 100);
        SelectAnchors operation = new(Rules.AnchorDetection, anchors, capacity);
        IReadOnlyList<Value> detections = Apply(AnchorPart, operation, logits, codes, sizes);
        MarkDetections(detections);
        return detections[0];
    }

    internal override void WriteRow(Plan plan, DetectedRow row) => plan.IntegerInput(AnchorName)[0] = row.Index;

    internal override string LevelOf(DetectedRow row, Func<string, (int Rows, int Columns)> sizeOf)
    {
        int end = 0;
        for (int level = 0; level < _neck.LevelNames.Count; level++)
        {
            (int rows, int columns) = sizeOf(_neck.LevelNames[level]);
            end += rows * columns * _generator.Levels[level].PerCell;
            if (row.Index < end)
            {
                return _neck.LevelNames[level];
            }
        }

        throw new ArgumentOutOfRangeException(nameof(row), row, $"There are {end} anchors.");
    }

    private protected override Value BuildRowLogits(IReadOnlyList<Value> maps)
    {
        (Value logits, _) = _head.Forward(_neck.Forward(maps));
        Value anchor = logits.Graph.Input(AnchorName, [1], ElementType.Int32);
        return logits.Reshape([logits.Shape[1], logits.Shape.Last]).Gather(anchor);
    }

    private protected override Value BuildOverlapScores(Value images, Value sizes, IReadOnlyList<Value> maps, Value box)
    {
        IReadOnlyList<Value> levels = _neck.Forward(maps);
        (Value logits, Value codes) = _head.Forward(levels);
        PyramidAnchors anchors = new(_generator, levels, images.Shape[1], images.Shape[2]);
        return Apply(AnchorPart, new ScoreAnchors(Rules.AnchorDetection, anchors), logits, codes, sizes, box)[0];
    }

    private protected override IEnumerable<Value> BuildLosses(
        Value images, Value sizes, IReadOnlyList<Value> maps, TrainingObjects objects)
    {
        IReadOnlyList<Value> levels = _neck.Forward(maps);
        (Value logits, Value codes) = _head.Forward(levels);
        PyramidAnchors anchors = new(_generator, levels, images.Shape[1], images.Shape[2]);
        WriteAnchorTargets operation = new(
            objects,
            Rules.RetinaTargets,
            anchors,
            Classes,
            Rules.IsTorchvision ? AnchorNormalizer.ObjectsOfImage : AnchorNormalizer.ObjectsOfBatch,
            Rules.ValidMultiple,
            _generator);
        IReadOnlyList<Value> targets = Apply(AnchorPart, operation, sizes);
        Value classification = ElementLosses.Focal(logits, targets[0], FocalAlpha, FocalGamma, targets[1]);
        Value regression = ElementLosses.SmoothL1(codes, targets[2], beta: 0, targets[3]);
        return [Total(classification), Total(regression)];
    }
}
