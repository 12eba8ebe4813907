using Fovea.Data;

namespace Fovea.Training;

/// <summary>Confusion matrix: counts of images, or of pixels, by true class (rows) and predicted class (columns).</summary>
public sealed class ConfusionMatrix
{
    private readonly long[] _counts;

    /// <summary>Makes an empty matrix.</summary>
    /// <param name="classes">The names of the classes, in the order of their indices.</param>
    public ConfusionMatrix(IReadOnlyList<string> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfZero(classes.Count, nameof(classes));
        Classes = [.. classes];
        _counts = new long[classes.Count * classes.Count];
    }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>All numbers, row after row of true classes.</summary>
    internal ReadOnlySpan<long> Counts => _counts;

    /// <summary>The images counted.</summary>
    public long Total => _counts.Sum();

    /// <summary>The share of images that were predicted right (top-1), 0 to 1; no number where nothing was counted.</summary>
    public double Accuracy => (double)Enumerable.Range(0, Classes.Count).Sum(index => this[index, index]) / Total;

    /// <summary>The images of one class that were taken for another.</summary>
    /// <param name="truth">The index of the true class.</param>
    /// <param name="predicted">The index of the predicted class.</param>
    public long this[int truth, int predicted] => _counts[Index(truth, predicted)];

    /// <summary>Counts one image.</summary>
    /// <param name="truth">The index of the true class.</param>
    /// <param name="predicted">The index of the predicted class.</param>
    public void Add(int truth, int predicted) => _counts[Index(truth, predicted)]++;

    /// <summary>Counts the pixels of an image, but those that are left out.</summary>
    /// <param name="truths">Label of each pixel.</param>
    /// <param name="predicted">Class that each pixel was taken for.</param>
    /// <returns>Number of pixels that were counted, and that of the wrong ones among them.</returns>
    internal (int Counted, int Wrong) Add(ReadOnlySpan<byte> truths, ReadOnlySpan<byte> predicted)
    {
        (int counted, int wrong) = (0, 0);
        for (int i = 0; i < truths.Length; i++)
        {
            if (truths[i] != ISegmentationDataset.Ignored)
            {
                Add(truths[i], predicted[i]);
                counted++;
                wrong += truths[i] != predicted[i] ? 1 : 0;
            }
        }

        return (counted, wrong);
    }

    /// <summary>Adds up matrices of the same classes.</summary>
    /// <param name="classes">The classes.</param>
    /// <param name="counts">What <see cref="Counts"/> of each gives, one after another.</param>
    internal static ConfusionMatrix Sum(IReadOnlyList<string> classes, IReadOnlyList<long> counts)
    {
        ConfusionMatrix sum = new(classes);
        for (int i = 0; i < counts.Count; i++)
        {
            sum._counts[i % sum._counts.Length] += counts[i];
        }

        return sum;
    }

    /// <summary>The images of a class.</summary>
    public long Support(int index) => Enumerable.Range(0, Classes.Count).Sum(predicted => this[index, predicted]);

    /// <summary>Of the images predicted as this class, the share that is of it, 0 to 1; no number where there are none.</summary>
    public double Precision(int index) => (double)this[index, index] / Enumerable.Range(0, Classes.Count).Sum(truth => this[truth, index]);

    /// <summary>Of the images of this class, the share that was predicted as it, 0 to 1; no number where there are none.</summary>
    public double Recall(int index) => (double)this[index, index] / Support(index);

    /// <summary>
    /// The pairs of classes most often taken for each other, most frequent first; pairs that never happened are left out.
    /// </summary>
    /// <param name="count">The most pairs to give.</param>
    public IReadOnlyList<ConfusedPair> MostConfused(int count) =>
    [
        .. Enumerable.Range(0, _counts.Length)
            .Select(i => new ConfusedPair(i / Classes.Count, i % Classes.Count, _counts[i]))
            .Where(pair => pair.Truth != pair.Predicted && pair.Count > 0)
            .OrderByDescending(pair => pair.Count)
            .Take(count),
    ];

    private int Index(int truth, int predicted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(truth);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(truth, Classes.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(predicted);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(predicted, Classes.Count);
        return (truth * Classes.Count) + predicted;
    }
}

/// <summary>A class that was taken for another.</summary>
/// <param name="Truth">The index of the true class.</param>
/// <param name="Predicted">The index of the predicted class.</param>
/// <param name="Count">Number of images.</param>
public readonly record struct ConfusedPair(int Truth, int Predicted, long Count);
