using System.Buffers;
using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Proposals of each image (arXiv 1506.01497, section 3): from objectness (N, anchors, 1), codes (N, anchors, 4) and sizes (N, 2) to
/// regions (N·capacity, 5) and their levels (N·capacity).
/// </summary>
/// <param name="Options">Rules of the choice.</param>
/// <param name="Anchors">The anchors.</param>
/// <param name="Mapper">Rule for the level of a region.</param>
/// <param name="Capacity">Room for proposals of an image.</param>
internal sealed record SelectProposals(ProposalOptions Options, PyramidAnchors Anchors, LevelMapper Mapper, int Capacity) : HostOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 3);
        int images = inputs[0].Shape[0];
        return [new TensorType([images * Capacity, RegionNumbers]), Integers([images * Capacity])];
    }

    /// <inheritdoc/>
    public override int Parts(Node node) => node.Inputs[0].Shape[0];

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        float[] boxes = ArrayPool<float>.Shared.Rent(Boxes.Numbers * Capacity);
        float[] scores = ArrayPool<float>.Shared.Rent(Capacity);
        for (int image = run.First; image < run.Last; image++)
        {
            (int height, int width) = SizeOf(run.Input(2), image);
            int count = ProposalSelection.Select(
                Options,
                Anchors.LevelSizes,
                Anchors.Boxes,
                run.Input(0).Slice(image * Anchors.Count, Anchors.Count),
                run.Input(1).Slice(image * Anchors.Count * Boxes.Numbers, Anchors.Count * Boxes.Numbers),
                height,
                width,
                new SelectedBoxes(boxes.AsSpan(0, Boxes.Numbers * Capacity), scores.AsSpan(0, Capacity), []));
            WriteRegions(
                image,
                boxes.AsSpan(0, Boxes.Numbers * count),
                Mapper,
                run.Output(0).Slice(image * Capacity * RegionNumbers, Capacity * RegionNumbers),
                run.IntegerOutput(1).Slice(image * Capacity, Capacity));
        }

        ArrayPool<float>.Shared.Return(boxes);
        ArrayPool<float>.Shared.Return(scores);
    }
}
