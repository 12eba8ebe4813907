using System.Buffers;
using Fovea.Detection;

namespace Fovea.Models;

/// <summary>Normaliser of the losses of anchors.</summary>
internal enum AnchorNormalizer
{
    /// <summary>Anchors that are learnt from, over the batch; torchvision's and mmdetection's proposal networks.</summary>
    Samples,

    /// <summary>Anchors of objects of each image, at least 1, and the number of images; torchvision's RetinaNet.</summary>
    ObjectsOfImage,

    /// <summary>Anchors of objects, at least 1 in each image, over the batch; mmdetection's RetinaNet.</summary>
    ObjectsOfBatch,
}

/// <summary>
/// Targets of anchors from the step's objects. From sizes (N, 2) to classes (N, anchors, K), 1 for the object's class or for any object
/// where K is 1; weights of their losses (N, anchors, 1); codes (N, anchors, 4); weights of theirs (N, anchors, 1). Weights are divided by
/// the normaliser.
/// </summary>
/// <param name="Objects">Objects of the step.</param>
/// <param name="Options">Rules of matching and sampling.</param>
/// <param name="Anchors">The anchors.</param>
/// <param name="Classes">K: 1 for a proposal network.</param>
/// <param name="Normalizer">Normaliser of the losses.</param>
/// <param name="ValidMultiple">
/// Multiple that an image's own sides are padded to, beyond which anchors are left out; 0 to leave none out.
/// </param>
/// <param name="Generator">Generator of the anchors.</param>
internal sealed record WriteAnchorTargets(
    TrainingObjects Objects,
    AnchorTargetOptions Options,
    PyramidAnchors Anchors,
    int Classes,
    AnchorNormalizer Normalizer,
    int ValidMultiple,
    AnchorGenerator Generator) : HostOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        int images = inputs[0].Shape[0];
        return
        [
            new TensorType([images, Anchors.Count, Classes]),
            new TensorType([images, Anchors.Count, 1]),
            new TensorType([images, Anchors.Count, Boxes.Numbers]),
            new TensorType([images, Anchors.Count, 1]),
        ];
    }

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        int images = run.Node.Inputs[0].Shape[0];
        int count = Anchors.Count;
        int[] labels = ArrayPool<int>.Shared.Rent(count);
        bool[] valid = ArrayPool<bool>.Shared.Rent(count);
        Span<float> classes = run.Output(0);
        classes.Clear();
        int total = 0;
        for (int image = 0; image < images; image++)
        {
            ImageObjects objects = Objects[image];
            Span<float> scoreWeights = run.Output(1).Slice(image * count, count);
            Span<float> boxWeights = run.Output(3).Slice(image * count, count);
            AnchorTargets targets = new(
                labels.AsSpan(0, count),
                run.Output(2).Slice(image * count * Boxes.Numbers, count * Boxes.Numbers),
                scoreWeights,
                boxWeights);
            (int positives, int negatives) = targets.Write(
                Options, Anchors.Boxes, ValidOf(image, run.Input(), valid), objects.Boxes, objects.Classes, Objects.Random(image, 0));
            for (int anchor = 0; anchor < count; anchor++)
            {
                if (labels[anchor] >= 0)
                {
                    classes[(((image * count) + anchor) * Classes) + (Classes == 1 ? 0 : labels[anchor])] = 1;
                }
            }

            total += Normalizer == AnchorNormalizer.Samples ? positives + negatives : Math.Max(positives, 1);
            if (Normalizer == AnchorNormalizer.ObjectsOfImage)
            {
                Divide(scoreWeights, (float)Math.Max(positives, 1) * images);
                Divide(boxWeights, (float)Math.Max(positives, 1) * images);
            }
        }

        if (Normalizer != AnchorNormalizer.ObjectsOfImage)
        {
            Divide(run.Output(1), Math.Max(total, 1));
            Divide(run.Output(3), Math.Max(total, 1));
        }

        ArrayPool<int>.Shared.Return(labels);
        ArrayPool<bool>.Shared.Return(valid);
    }

    private ReadOnlySpan<bool> ValidOf(int image, ReadOnlySpan<float> sizes, bool[] valid)
    {
        if (ValidMultiple == 0)
        {
            return [];
        }

        (int height, int width) = SizeOf(sizes, image);
        int first = 0;
        for (int level = 0; level < Anchors.Maps.Count; level++)
        {
            Span<bool> ofLevel = valid.AsSpan(first, Anchors.LevelSizes[level]);
            (int rows, int columns) = Anchors.Maps[level];
            Generator.WriteValid(level, rows, columns, Padded(height), Padded(width), ofLevel);
            first += ofLevel.Length;
        }

        return valid.AsSpan(0, Anchors.Count);

        int Padded(int side) => (side + ValidMultiple - 1) / ValidMultiple * ValidMultiple;
    }
}
