using System.Buffers;

namespace Fovea.Detection;

/// <summary>Form of the mask that a region is to show.</summary>
/// <param name="Aligned">Whether the region begins half a pixel earlier, so that pixels stand at their centres, as in mmdetection.</param>
/// <param name="Threshold">Least value that counts as 1, every other as 0; none: values between stay, as in torchvision.</param>
internal sealed record MaskTargetOptions(bool Aligned, float? Threshold)
{
    /// <summary>torchvision's form.</summary>
    public static MaskTargetOptions Torchvision { get; } = new(false, null);

    /// <summary>mmdetection's form.</summary>
    public static MaskTargetOptions Mmdetection { get; } = new(true, 0.5f);
}

/// <summary>
/// Cuts the mask of an object out where a region lies and brings it to the size of a head's output, by RoIAlign with as many samples as the
/// region has pixels (He et al. 2017, section 3).
/// </summary>
internal static class MaskTargets
{
    /// <summary>Writes the target of a region.</summary>
    /// <param name="options">Form of the target.</param>
    /// <param name="mask">Mask of the object, 0 or 1 for each pixel of the image, row by row.</param>
    /// <param name="height">Height of the mask.</param>
    /// <param name="width">Width of the mask.</param>
    /// <param name="box">The region.</param>
    /// <param name="size">Rows and columns of the target.</param>
    /// <param name="target">The target, row by row.</param>
    public static void Write(
        MaskTargetOptions options, ReadOnlySpan<byte> mask, int height, int width, ReadOnlySpan<float> box, int size, Span<float> target)
    {
        // A sample of a bilinear map is a product of weights along both axes, and so is the mean over a bin's grid of samples.
        float[] rentedWeights = ArrayPool<float>.Shared.Rent(height + width);
        double[] rentedSums = ArrayPool<double>.Shared.Rent(size * height);
        Span<float> rowWeights = rentedWeights.AsSpan(0, height);
        Span<float> columnWeights = rentedWeights.AsSpan(height, width);
        Span<double> sums = rentedSums.AsSpan(0, size * height);
        BinSamples across = new(box[0], box[2], size, width, options.Aligned);
        BinSamples down = new(box[1], box[3], size, height, options.Aligned);
        (int top, int bottom) = down.Reach;
        for (int column = 0; column < size; column++)
        {
            (int left, int right) = across.Weigh(column, columnWeights);
            for (int row = top; row < bottom; row++)
            {
                sums[(column * height) + row] = Dot(mask.Slice((row * width) + left, right - left), columnWeights[left..right]);
            }
        }

        for (int row = 0; row < size; row++)
        {
            (int first, int last) = down.Weigh(row, rowWeights);
            for (int column = 0; column < size; column++)
            {
                double sum = 0;
                for (int i = first; i < last; i++)
                {
                    sum += rowWeights[i] * sums[(column * height) + i];
                }

                float mean = (float)(sum / Math.Max(across.Samples * down.Samples, 1));
                target[(row * size) + column] = options.Threshold is float threshold ? mean >= threshold ? 1 : 0 : mean;
            }
        }

        ArrayPool<float>.Shared.Return(rentedWeights);
        ArrayPool<double>.Shared.Return(rentedSums);
    }

    private static double Dot(ReadOnlySpan<byte> mask, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        for (int i = 0; i < mask.Length; i++)
        {
            sum += mask[i] * (double)weights[i];
        }

        return sum;
    }
}
