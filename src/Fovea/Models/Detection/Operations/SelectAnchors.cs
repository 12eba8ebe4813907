using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Detections of each image among the anchors (arXiv 1708.02002, section 4.1). From logits (N, anchors, classes), codes (N, anchors, 4) and
/// sizes (N, 2) to boxes (N, capacity, 4), scores (N, capacity), classes (N, capacity), and the anchors' indices (N, capacity), both −1
/// where there is no detection.
/// </summary>
/// <param name="Options">Rules of the choice.</param>
/// <param name="Anchors">The anchors.</param>
/// <param name="Capacity">Room for detections of an image.</param>
internal sealed record SelectAnchors(AnchorDetectionOptions Options, PyramidAnchors Anchors, int Capacity) : HostOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 3);
        int images = inputs[0].Shape[0];
        return
        [
            new TensorType([images, Capacity, Boxes.Numbers]),
            new TensorType([images, Capacity]),
            Integers([images, Capacity]),
            Integers([images, Capacity]),
        ];
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
            DetectionRows rows = new(run, image, Capacity, rowsResult: 3);
            rows.ClearFrom(AnchorDetection.Select(
                Options,
                Anchors.LevelSizes,
                Anchors.Boxes,
                run.Input(0).Slice(image * logits, logits),
                run.Input(1).Slice(image * codes, codes),
                height,
                width,
                rows.Selected));
        }
    }
}
