using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// Scores of a detection: the class logits of the anchor or the proposal that it was made of, which are held fixed. Where parts of the
/// image are blank, other anchors and proposals may tell of the object: there, the best score among all boxes that overlap the detection.
/// </summary>
internal sealed class DetectionScores : TargetScores
{
    private const string SizesName = "sizes";
    private const string BoxName = "box";
    private readonly DetectorHead _head;
    private readonly DetectorPlans _plans;

    /// <summary>Makes the scores of a detector.</summary>
    /// <param name="model">A model with a detector.</param>
    /// <param name="threads">Threads of all plans; a share of the processors for each caller where null.</param>
    /// <param name="concurrency">Number of callers at the same time.</param>
    public DetectionScores(Model model, WorkerPool? threads, int concurrency)
        : base(model) =>
        (_head, _plans) =
            ((DetectorHead)model.Network.Head!, new DetectorPlans(model, nameof(Explainer), threads, concurrency));

    /// <inheritdoc/>
    public override Value Build(Value images) => _head.RowLogits(Model.Network.Backbone.ForwardStages(images));

    /// <inheritdoc/>
    public override Value BuildOccluded(Value images) => _head.OverlapScores(
        images,
        images.Graph.Input(SizesName, [images.Shape[0], 2]),
        Model.Network.Backbone.ForwardStages(images),
        images.Graph.Input(BoxName, [4]));

    /// <inheritdoc/>
    public override Target Find(
        Image image,
        ExplainedInput input,
        ExplanationOptions options,
        ExplainedNetwork network,
        ExplainerPlans plans,
        CancellationToken cancellation)
    {
        (ExplainedDetection detection, DetectedRow row) = FindDetection(image, options, cancellation);
        return new Target(options.Classes.Count > 0 ? Named(options) : [detection.Box.Label])
        {
            Write = plan => _head.WriteRow(plan, row),
            WriteOccluded = plan => Write(plan, input, detection.Box),
            Layer = _head.LevelOf(row, name => network.SizeOf(name)),
            Detection = detection,
        };
    }

    /// <inheritdoc/>
    public override ExplainedDetection? Detect(Image image, ExplanationOptions options, CancellationToken cancellation) =>
        FindDetection(image, options, cancellation).Detection;

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _plans.Dispose();
    }

    private static void Write(Plan plan, ExplainedInput input, Box box)
    {
        Span<float> sizes = plan.Input(SizesName);
        for (int i = 0; i < sizes.Length; i += 2)
        {
            (sizes[i], sizes[i + 1]) = (input.ImageHeight, input.ImageWidth);
        }

        Box inInput = box.Scaled(
            (float)(input.Width / (input.Region.Right - input.Region.Left)),
            (float)(input.Height / (input.Region.Bottom - input.Region.Top)));
        ((ReadOnlySpan<float>)[inInput.Left, inInput.Top, inInput.Right, inInput.Bottom]).CopyTo(plan.Input(BoxName));
    }

    private (ExplainedDetection Detection, DetectedRow Row) FindDetection(
        Image image, ExplanationOptions options, CancellationToken cancellation)
    {
        int index = options.Detection ?? 0;
        using PreparedImage prepared = new(Model.Info.Preprocessing, image);
        IReadOnlyList<FoundObject> found = _plans.Find(prepared, masks: false, cancellation: cancellation);
        if (index >= found.Count)
        {
            throw ExplanationChecks.NoDetection(index, found.Count);
        }

        FoundObject one = found[index];
        return (new ExplainedDetection(index, Model.Info.Classes[one.Box.Label], one.Score, one.Box), one.Row);
    }
}
