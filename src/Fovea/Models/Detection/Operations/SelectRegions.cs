using System.Buffers;
using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Detections of each image among its regions (arXiv 1504.08083, section 3). From regions (N·P, 5), logits (N·P, labels), codes
/// (N·P, 4·boxes) and sizes (N, 2) to boxes (N, capacity, 4), scores (N, capacity), classes (N, capacity), −1 where there is no detection;
/// the boxes as regions (N·capacity, 5) with their levels (N·capacity); and the indices of the regions that they were made of
/// (N, capacity), −1 where there is no detection.
/// </summary>
/// <param name="Options">Rules of the choice.</param>
/// <param name="Mapper">Rule for the level of a region.</param>
/// <param name="Capacity">Room for detections of an image.</param>
internal sealed record SelectRegions(RegionDetectionOptions Options, LevelMapper Mapper, int Capacity) : HostOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 4);
        int images = inputs[3].Shape[0];
        return
        [
            new TensorType([images, Capacity, Boxes.Numbers]),
            new TensorType([images, Capacity]),
            Integers([images, Capacity]),
            new TensorType([images * Capacity, RegionNumbers]),
            Integers([images * Capacity]),
            Integers([images, Capacity]),
        ];
    }

    /// <inheritdoc/>
    public override int Parts(Node node) => node.Inputs[3].Shape[0];

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        int regions = run.Node.Inputs[0].Shape[0] / run.Node.Inputs[3].Shape[0];
        int labels = Options.Classes.Labels;
        int codeNumbers = Options.Classes.BoxesPerRegion * Boxes.Numbers;
        float[] boxes = ArrayPool<float>.Shared.Rent(Boxes.Numbers * regions);
        for (int image = run.First; image < run.Last; image++)
        {
            (int height, int width) = SizeOf(run.Input(3), image);
            int first = image * regions;
            int count = ReadBoxes(run.Input(0).Slice(first * RegionNumbers, regions * RegionNumbers), boxes);
            DetectionRows rows = new(run, image, Capacity, rowsResult: 5);
            int found = RegionDetection.Select(
                Options,
                boxes.AsSpan(0, Boxes.Numbers * count),
                run.Input(1).Slice(first * labels, count * labels),
                run.Input(2).Slice(first * codeNumbers, count * codeNumbers),
                height,
                width,
                rows.Selected);
            rows.ClearFrom(found);
            WriteRegions(
                image,
                rows.Selected.Boxes[..(Boxes.Numbers * found)],
                Mapper,
                run.Output(3).Slice(image * Capacity * RegionNumbers, Capacity * RegionNumbers),
                run.IntegerOutput(4).Slice(image * Capacity, Capacity));
        }

        ArrayPool<float>.Shared.Return(boxes);
    }
}

/// <summary>Part of an image in the results of a choice of detections: boxes, scores, classes, rows.</summary>
/// <param name="run">The run, whose first three results are boxes, scores and classes.</param>
/// <param name="image">Index of the image.</param>
/// <param name="capacity">Room for detections of an image.</param>
/// <param name="rowsResult">Index of the result of rows: of the anchors or regions that detections were made of.</param>
internal readonly ref struct DetectionRows(OperationRun run, int image, int capacity, int rowsResult)
{
    /// <summary>The rows.</summary>
    public SelectedBoxes Selected { get; } = new(
        run.Output(0).Slice(image * capacity * Boxes.Numbers, capacity * Boxes.Numbers),
        run.Output(1).Slice(image * capacity, capacity),
        run.IntegerOutput(2).Slice(image * capacity, capacity),
        run.IntegerOutput(rowsResult).Slice(image * capacity, capacity));

    /// <summary>Empties the rows behind the detections.</summary>
    /// <param name="count">Number of detections.</param>
    public void ClearFrom(int count)
    {
        Selected.Boxes[(count * Boxes.Numbers)..].Clear();
        Selected.Scores[count..].Clear();
        Selected.Classes[count..].Fill(-1);
        Selected.Rows[count..].Fill(-1);
    }
}
