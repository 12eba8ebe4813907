using Fovea.Data;

namespace Fovea.Training;

/// <summary>Weights of classes from the pixels of a set.</summary>
internal static class ClassFrequencies
{
    /// <summary>
    /// Weights by median frequency (arXiv 1411.4734, section 6.3.2): the median of all classes' frequencies divided by a class's own, which
    /// is its share of the labelled pixels of the images that show it. A class that no image shows weighs 1.
    /// </summary>
    /// <param name="images">The set; label maps that cannot be read do not count.</param>
    public static IReadOnlyList<float> BalancedWeights(ISegmentationDataset images)
    {
        int classes = images.Classes.Count;
        long[] own = new long[classes];
        long[] shown = new long[classes];
        Lock gate = new();
        Parallel.For(0, images.Count, index =>
        {
            long[] counts = Counts(images, index);
            long labelled = counts.Take(classes).Sum();
            lock (gate)
            {
                for (int i = 0; i < classes; i++)
                {
                    own[i] += counts[i];
                    shown[i] += counts[i] > 0 ? labelled : 0;
                }
            }
        });
        double[] frequencies = [.. own.Zip(shown, (count, all) => all == 0 ? 0 : (double)count / all)];
        double[] ordered = [.. frequencies.Where(frequency => frequency > 0).Order()];
        double median = ordered.Length == 0 ? 1 : (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
        return [.. frequencies.Select(frequency => frequency > 0 ? (float)(median / frequency) : 1)];
    }

    private static long[] Counts(ISegmentationDataset images, int index)
    {
        long[] counts = new long[byte.MaxValue + 1];
        try
        {
            foreach (byte label in images.LoadLabels(index).Pixels)
            {
                counts[label]++;
            }
        }
        catch (InvalidImageException)
        {
            // The loader names it.
        }

        return counts;
    }
}
