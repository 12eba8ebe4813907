using System.Buffers;

namespace Fovea.Detection;

/// <summary>Options of the pasting of masks.</summary>
internal sealed record MaskPastingOptions
{
    /// <summary>
    /// Empty cells that are laid around the mask, before the box that has grown with it is cut to whole pixels and the mask resized into
    /// it, as in torchvision. None: the mask is read at the centres of pixels, as in mmdetection.
    /// </summary>
    public int? Padding { get; init; } = 1;

    /// <summary>Value from which on a pixel belongs to the mask: above 0.5 in torchvision, from 0.5 on in mmdetection.</summary>
    public float Threshold { get; init; } = MathF.BitIncrement(0.5f);

    /// <summary>torchvision's form.</summary>
    public static MaskPastingOptions Torchvision { get; } = new();

    /// <summary>mmdetection's form.</summary>
    public static MaskPastingOptions Mmdetection { get; } = new() { Padding = null, Threshold = 0.5f };
}

/// <summary>Brings the masks that a head gives for boxes into the image.</summary>
internal static class MaskPasting
{
    /// <summary>Writes the mask of a box.</summary>
    /// <param name="options">Form and threshold.</param>
    /// <param name="probabilities">The mask, square, row by row.</param>
    /// <param name="box">The box in the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="image">1 for each pixel of the mask, else 0, row by row.</param>
    public static void Paste(
        MaskPastingOptions options, ReadOnlySpan<float> probabilities, ReadOnlySpan<float> box, int height, int width, Span<byte> image)
    {
        image.Clear();
        using PastedMask pasted = new(options, probabilities, box, height, width);
        float[] rented = ArrayPool<float>.Shared.Rent(width);
        for (int row = pasted.Top; row < pasted.Bottom; row++)
        {
            Span<float> values = rented.AsSpan(0, pasted.Right - pasted.Left);
            Span<byte> pixels = image.Slice((row * width) + pasted.Left, values.Length);
            pasted.WriteRow(row, values);
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = values[i] >= options.Threshold ? (byte)1 : (byte)0;
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}
