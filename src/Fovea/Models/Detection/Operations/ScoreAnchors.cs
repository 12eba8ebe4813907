using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Best score of each class among the anchors whose boxes overlap a given one. From logits (N, anchors, classes), codes (N, anchors, 4),
/// sizes (N, 2) and the box (4) to scores (N, classes).
/// </summary>
/// <param name="Options">Code of the boxes and number of classes.</param>
/// <param name="Anchors">The anchors.</param>
internal sealed record ScoreAnchors(AnchorDetectionOptions Options, PyramidAnchors Anchors) : HostOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 4);
        return [new TensorType([inputs[0].Shape[0], Options.Classes])];
    }

    /// <inheritdoc/>
    public override int Parts(Node node) => node.Inputs[0].Shape[0];

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        int logits = Anchors.Count * Options.Classes;
        int codes = Anchors.Count * Boxes.Numbers;
        for (int image = run.First; image < run.Last; image++)
        {
            (int height, int width) = SizeOf(run.Input(2), image);
            OverlapScores.OfAnchors(
                Options,
                Anchors.Boxes,
                run.Input(0).Slice(image * logits, logits),
                run.Input(1).Slice(image * codes, codes),
                height,
                width,
                run.Input(3),
                run.Output().Slice(image * Options.Classes, Options.Classes));
        }
    }
}
