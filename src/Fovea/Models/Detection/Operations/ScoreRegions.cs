using System.Buffers;
using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Best score of each class among the regions whose boxes overlap a given one. From regions (N·P, 5), logits (N·P, labels), codes
/// (N·P, 4·boxes), sizes (N, 2) and the box (4) to scores (N, classes).
/// </summary>
/// <param name="Options">Code of the boxes and order of the class logits.</param>
internal sealed record ScoreRegions(RegionDetectionOptions Options) : HostOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 5);
        return [new TensorType([inputs[3].Shape[0], Options.Classes.Count])];
    }

    /// <inheritdoc/>
    public override int Parts(Node node) => node.Inputs[3].Shape[0];

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        int regions = run.Node.Inputs[0].Shape[0] / run.Node.Inputs[3].Shape[0];
        RegionClasses classes = Options.Classes;
        int codeNumbers = classes.BoxesPerRegion * Boxes.Numbers;
        float[] boxes = ArrayPool<float>.Shared.Rent(Boxes.Numbers * regions);
        for (int image = run.First; image < run.Last; image++)
        {
            (int height, int width) = SizeOf(run.Input(3), image);
            int first = image * regions;
            int count = ReadBoxes(run.Input(0).Slice(first * RegionNumbers, regions * RegionNumbers), boxes);
            OverlapScores.OfRegions(
                Options,
                boxes.AsSpan(0, Boxes.Numbers * count),
                run.Input(1).Slice(first * classes.Labels, count * classes.Labels),
                run.Input(2).Slice(first * codeNumbers, count * codeNumbers),
                height,
                width,
                run.Input(4),
                run.Output().Slice(image * classes.Count, classes.Count));
        }

        ArrayPool<float>.Shared.Return(boxes);
    }
}
