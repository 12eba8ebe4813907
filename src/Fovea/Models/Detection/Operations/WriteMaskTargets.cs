using System.Buffers;
using Fovea.Data;
using Fovea.Detection;

namespace Fovea.Models;

/// <summary>
/// Regions of objects that the mask head learns from, and their targets (arXiv 1703.06870, section 3). From regions (N·R, 5) and their
/// objects' indices (N·R) to regions (N·capacity, 5); their levels (N·capacity); masks (N·capacity, size, size); the choice of the mask
/// among those of all classes (N·capacity, 1, 1, channels); weights (N·capacity, 1, 1), divided by the number of pixels of all masks.
/// </summary>
/// <param name="Objects">Objects of the step.</param>
/// <param name="Options">Form of the targets.</param>
/// <param name="Classes">Order of the labels.</param>
/// <param name="Mapper">Rule for the level of a region.</param>
/// <param name="Capacity">Room for regions of an image.</param>
/// <param name="Size">Rows and columns of a mask.</param>
internal sealed record WriteMaskTargets(
    TrainingObjects Objects, MaskTargetOptions Options, RegionClasses Classes, LevelMapper Mapper, int Capacity, int Size) : HostOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 3);
        int rows = inputs[2].Shape[0] * Capacity;
        return
        [
            new TensorType([rows, RegionNumbers]),
            Integers([rows]),
            new TensorType([rows, Size, Size]),
            new TensorType([rows, 1, 1, Classes.BoxesPerRegion]),
            new TensorType([rows, 1, 1]),
        ];
    }

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        int images = run.Node.Inputs[2].Shape[0];
        int regions = run.Node.Inputs[0].Shape[0] / images;
        Span<float> masks = run.Output(2);
        Span<float> choices = run.Output(3);
        Span<float> weights = run.Output(4);
        masks.Clear();
        choices.Clear();
        weights.Clear();
        float[] boxes = ArrayPool<float>.Shared.Rent(Boxes.Numbers * Capacity);
        int total = 0;
        for (int image = 0; image < images; image++)
        {
            ImageObjects objects = Objects[image];
            int count = 0;
            for (int region = image * regions; region < (image + 1) * regions && count < Capacity; region++)
            {
                int index = run.IntegerInput(1)[region];
                if (index < 0)
                {
                    continue;
                }

                int row = (image * Capacity) + count;
                ReadOnlySpan<float> box = run.Input().Slice((region * RegionNumbers) + 1, Boxes.Numbers);
                box.CopyTo(Boxes.At(boxes.AsSpan(), count++));
                WriteMask(objects.Masks[index]!, box, masks.Slice(row * Size * Size, Size * Size));
                choices[(row * Classes.BoxesPerRegion) + Classes.LabelOf(objects.Classes[index])] = 1;
                weights[row] = 1;
            }

            total += count;
            WriteRegions(
                image,
                boxes.AsSpan(0, Boxes.Numbers * count),
                Mapper,
                run.Output(0).Slice(image * Capacity * RegionNumbers, Capacity * RegionNumbers),
                run.IntegerOutput(1).Slice(image * Capacity, Capacity));
        }

        Divide(weights, (float)Math.Max(total, 1) * Size * Size);
        ArrayPool<float>.Shared.Return(boxes);
    }

    private void WriteMask(RunLengthMask mask, ReadOnlySpan<float> box, Span<float> target)
    {
        int pixels = mask.Height * mask.Width;
        byte[] bitmap = ArrayPool<byte>.Shared.Rent(pixels);
        mask.CopyTo(bitmap.AsSpan(0, pixels));
        MaskTargets.Write(Options, bitmap.AsSpan(0, pixels), mask.Height, mask.Width, box, Size, target);
        ArrayPool<byte>.Shared.Return(bitmap);
    }
}
