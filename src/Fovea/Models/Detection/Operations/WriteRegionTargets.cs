using System.Buffers;
using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Regions that the heads learn from, and their targets (arXiv 1504.08083, section 2.3). From proposals (N·P, 5) and sizes (N, 2) to
/// regions (N·capacity, 5); their levels (N·capacity); their objects' indices (N·capacity), −1 for background; labels as distributions
/// (N·capacity, labels); codes of boxes (N·capacity, 4·boxes) and weights of their losses. Distributions and weights are divided by the
/// number of regions.
/// </summary>
/// <param name="Objects">Objects of the step.</param>
/// <param name="Options">Rules of matching and sampling.</param>
/// <param name="Mapper">Rule for the level of a region.</param>
/// <param name="Capacity">Room for regions of an image.</param>
internal sealed record WriteRegionTargets(TrainingObjects Objects, RegionTargetOptions Options, LevelMapper Mapper, int Capacity)
    : HostOperation
{
    private int CodeNumbers => Options.Classes.BoxesPerRegion * Boxes.Numbers;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        int rows = inputs[1].Shape[0] * Capacity;
        return
        [
            new TensorType([rows, RegionNumbers]),
            Integers([rows]),
            Integers([rows]),
            new TensorType([rows, Options.Classes.Labels]),
            new TensorType([rows, CodeNumbers]),
            new TensorType([rows, CodeNumbers]),
        ];
    }

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        int images = run.Node.Inputs[1].Shape[0];
        int proposals = run.Node.Inputs[0].Shape[0] / images;
        float[] boxes = ArrayPool<float>.Shared.Rent(Boxes.Numbers * proposals);
        float[] sampled = ArrayPool<float>.Shared.Rent(Boxes.Numbers * Capacity);
        float[] codes = ArrayPool<float>.Shared.Rent(Boxes.Numbers * Capacity);
        int[] labels = ArrayPool<int>.Shared.Rent(Capacity);
        int labelCount = Options.Classes.Labels;
        run.IntegerOutput(2).Fill(-1);
        run.Output(3).Clear();
        int total = 0;
        for (int image = 0; image < images; image++)
        {
            int first = image * Capacity;
            ImageObjects objects = Objects[image];
            Span<int> matches = run.IntegerOutput(2).Slice(first, Capacity);
            RegionTargets targets = new(
                sampled.AsSpan(0, Boxes.Numbers * Capacity),
                matches,
                labels.AsSpan(0, Capacity),
                codes.AsSpan(0, Boxes.Numbers * Capacity));
            int count = ReadBoxes(run.Input().Slice(image * proposals * RegionNumbers, proposals * RegionNumbers), boxes);
            (int positives, int negatives) = targets.Write(
                Options, boxes.AsSpan(0, Boxes.Numbers * count), objects.Boxes, objects.Classes, Objects.Random(image, 1));
            int regions = positives + negatives;
            total += regions;
            labels.AsSpan(regions, Capacity - regions).Clear();
            WriteRegions(
                image,
                sampled.AsSpan(0, Boxes.Numbers * regions),
                Mapper,
                run.Output(0).Slice(first * RegionNumbers, Capacity * RegionNumbers),
                run.IntegerOutput(1).Slice(first, Capacity));
            for (int region = 0; region < regions; region++)
            {
                run.Output(3)[((first + region) * labelCount) + labels[region]] = 1;
            }

            RegionTargets.SpreadCodes(
                labels.AsSpan(0, Capacity),
                matches,
                codes.AsSpan(0, Boxes.Numbers * Capacity),
                run.Output(4).Slice(first * CodeNumbers, Capacity * CodeNumbers),
                run.Output(5).Slice(first * CodeNumbers, Capacity * CodeNumbers));
        }

        Divide(run.Output(3), Math.Max(total, 1));
        Divide(run.Output(5), Math.Max(total, 1));
        ArrayPool<float>.Shared.Return(boxes);
        ArrayPool<float>.Shared.Return(sampled);
        ArrayPool<float>.Shared.Return(codes);
        ArrayPool<int>.Shared.Return(labels);
    }
}
