using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Cuts a random window out, or takes the whole side of an image that is smaller, and draws another where a single class fills too much of
/// it (mmsegmentation's <c>RandomCrop</c> with <c>cat_max_ratio</c>). The last window that is drawn is taken in any case.
/// </summary>
/// <param name="Width">Columns of the window.</param>
/// <param name="Height">Rows of the window.</param>
public sealed record LabelledCrop(int Width, int Height) : ISampleTransform
{
    /// <summary>Share of the labelled pixels that each class stays below; 1 for any window.</summary>
    public double MaxClassShare { get; init; } = 0.75;

    /// <summary>Windows that are looked at before the next one is taken as it is.</summary>
    public int Tries { get; init; } = 10;

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        (int width, int height) = (Math.Min(Width, sample.Width), Math.Min(Height, sample.Height));
        (int left, int top) = Draw(ref random);
        for (int i = 0; i < Tries && MaxClassShare < 1 && !IsMixed(sample, left, top, width, height); i++)
        {
            (left, top) = Draw(ref random);
        }

        sample.Crop(left, top, width, height);

        (int Left, int Top) Draw(ref KeyedRandom random) =>
            (random.NextInt32(sample.Width - width + 1), random.NextInt32(sample.Height - height + 1));
    }

    /// <summary>True if a window has two classes at least, each below the share.</summary>
    private bool IsMixed(Sample sample, int left, int top, int width, int height)
    {
        ReadOnlySpan<byte> labels = sample.Mask;
        if (labels.IsEmpty)
        {
            return true;
        }

        Span<int> counts = stackalloc int[byte.MaxValue + 1];
        counts.Clear();
        for (int y = top; y < top + height; y++)
        {
            foreach (byte label in labels.Slice((y * sample.Width) + left, width))
            {
                counts[label]++;
            }
        }

        Span<int> classes = counts[..ISegmentationDataset.Ignored];
        (int all, int most, int present) = (0, 0, 0);
        foreach (int count in classes)
        {
            (all, most, present) = (all + count, Math.Max(most, count), present + (count > 0 ? 1 : 0));
        }

        return present > 1 && most < MaxClassShare * all;
    }
}
