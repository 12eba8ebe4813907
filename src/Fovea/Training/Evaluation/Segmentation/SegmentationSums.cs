namespace Fovea.Training;

/// <summary>
/// Sums from which the metrics of semantic segmentation follow, added image by image: pixels of each class in the prediction, in the
/// labels, and in both (mmsegmentation, <c>core/evaluation/metrics.py</c>).
/// </summary>
public sealed class SegmentationSums
{
    // The label that takes the place of 0 where 0 stands for "none of the classes", whatever label is left out otherwise.
    private const int Reduced = 255;
    private readonly int _ignored;
    private readonly bool _zeroIsNone;
    private readonly long[] _predicted;
    private readonly long[] _labelled;
    private readonly long[] _both;

    /// <summary>Makes empty sums.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="ignoredLabel">Label of the pixels that are left out.</param>
    /// <param name="zeroIsNone">
    /// True if 0 labels what belongs to no class: it becomes 255, and every other label but 255 goes down by one
    /// (<c>reduce_zero_label</c>).
    /// </param>
    public SegmentationSums(int classes, int ignoredLabel = 255, bool zeroIsNone = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        (_ignored, _zeroIsNone) = (ignoredLabel, zeroIsNone);
        (_predicted, _labelled, _both) = (new long[classes], new long[classes], new long[classes]);
    }

    /// <summary>Sums of pixels that were counted by the classes of their labels and predictions.</summary>
    /// <param name="confusion">The counts.</param>
    public static SegmentationSums Of(ConfusionMatrix confusion)
    {
        ArgumentNullException.ThrowIfNull(confusion);
        SegmentationSums sums = new(confusion.Classes.Count);
        for (int label = 0; label < sums.Classes; label++)
        {
            for (int predicted = 0; predicted < sums.Classes; predicted++)
            {
                sums._labelled[label] += confusion[label, predicted];
                sums._predicted[predicted] += confusion[label, predicted];
            }

            sums._both[label] = confusion[label, label];
        }

        return sums;
    }

    /// <summary>Number of classes.</summary>
    public int Classes => _both.Length;

    /// <summary>Pixels of each class in the predictions, where the label is not left out.</summary>
    public IReadOnlyList<long> Predicted => _predicted;

    /// <summary>Pixels of each class in the labels.</summary>
    public IReadOnlyList<long> Labelled => _labelled;

    /// <summary>Pixels of each class in predictions and labels at once.</summary>
    public IReadOnlyList<long> Intersection => _both;

    /// <summary>Adds an image.</summary>
    /// <param name="predictions">Class of each pixel.</param>
    /// <param name="labels">Label of each pixel; one that is no class is a mistake of whatever is predicted there.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a prediction is no class.</exception>
    public void Add(ReadOnlySpan<int> predictions, ReadOnlySpan<int> labels)
    {
        if (predictions.Length != labels.Length)
        {
            throw new ArgumentException($"There are {predictions.Length} predictions for {labels.Length} labels.", nameof(predictions));
        }

        for (int i = 0; i < labels.Length; i++)
        {
            int label = _zeroIsNone ? WithoutZero(labels[i]) : labels[i];
            if (label == _ignored)
            {
                continue;
            }

            int predicted = predictions[i];
            if ((uint)predicted >= (uint)Classes)
            {
                throw new ArgumentException($"Pixel {i} is predicted as {predicted}; there are {Classes} classes.", nameof(predictions));
            }

            _predicted[predicted]++;
            if ((uint)label < (uint)Classes)
            {
                _labelled[label]++;
                _both[label] += predicted == label ? 1 : 0;
            }
        }
    }

    /// <summary>Adds the sums of other images.</summary>
    /// <param name="other">Sums over as many classes.</param>
    /// <exception cref="ArgumentException">The numbers of classes differ.</exception>
    public void Add(SegmentationSums other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Classes != Classes)
        {
            throw new ArgumentException($"Sums over {other.Classes} classes do not go with those over {Classes}.", nameof(other));
        }

        for (int i = 0; i < Classes; i++)
        {
            _predicted[i] += other._predicted[i];
            _labelled[i] += other._labelled[i];
            _both[i] += other._both[i];
        }
    }

    /// <summary>Computes the metrics of all images that were added.</summary>
    /// <param name="undefined">Value of a class that has none, which then counts in the means; null to leave it out.</param>
    public SegmentationMetrics Metrics(double? undefined = null)
    {
        return new SegmentationMetrics(
            Ratio(_both.Sum(), _labelled.Sum()),
            [.. Enumerable.Range(0, Classes).Select(i => Ratio(_both[i], _predicted[i] + _labelled[i] - _both[i]))],
            [.. Enumerable.Range(0, Classes).Select(i => Ratio(_both[i], _labelled[i]))],
            [.. Enumerable.Range(0, Classes).Select(i => Ratio(2 * _both[i], _predicted[i] + _labelled[i]))]);

        double Ratio(long part, long whole) => whole > 0 ? part / (double)whole : undefined ?? double.NaN;
    }

    private static int WithoutZero(int label) => label is 0 or Reduced ? Reduced : label - 1;
}
