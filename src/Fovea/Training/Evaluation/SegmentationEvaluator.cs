using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Evaluates segmentations on whole images of a set by mmsegmentation's figures, each image at the size of its labels. Keeps the plans of
/// the latest model.
/// </summary>
public sealed class SegmentationEvaluator : IEvaluator, IDisposable
{
    private const int KeptMistakes = 12;
    private readonly ISegmentationDataset _dataset;
    private readonly UnreadableImages _unreadable;
    private readonly LatestPlans<SegmenterPlans> _plans;

    /// <summary>Makes an evaluator; nothing is read yet.</summary>
    /// <param name="dataset">Images with their label maps.</param>
    /// <param name="pool">Threads to run on; the shared pool where null.</param>
    /// <param name="unreadable">Counter of images that cannot be read and are left out; where null, the first of them is an error.</param>
    public SegmentationEvaluator(ISegmentationDataset dataset, WorkerPool? pool = null, UnreadableImages? unreadable = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        (_dataset, _unreadable) = (dataset, unreadable ?? new UnreadableImages());
        _plans = new LatestPlans<SegmenterPlans>(model => new SegmenterPlans(model, nameof(SegmentationEvaluator), pool, concurrency: 1));
    }

    /// <inheritdoc cref="IEvaluator.Evaluate"/>
    /// <exception cref="InvalidDatasetException">The set has other classes than the model.</exception>
    /// <exception cref="ArgumentException">The model has no segmentation head.</exception>
    public SegmentationEvaluation Evaluate(Model model, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ClassCheck.Require(model.Info.Classes, _dataset, "The data set", "the model");
        SegmenterPlans plans = _plans.For(model);
        ConfusionMatrix confusion = new(_dataset.Classes);
        List<SegmentationMistake> worst = [];
        int images = 0;
        for (int index = 0; index < _dataset.Count; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                Image labels = _dataset.LoadLabels(index);
                byte[] predicted = plans.Classify(_dataset.Load(index), null, cancellation).Classes.Pixels;
                (int counted, int wrong) = confusion.Add(labels.Pixels, predicted);
                Keep(worst, new SegmentationMistake(index, counted == 0 ? 0 : (double)wrong / counted, predicted));
                images++;
            }
            catch (InvalidImageException error)
            {
                _unreadable.Add(index, _dataset.NameOf(index), error);
            }

            progress?.Report(index + 1);
        }

        return new SegmentationEvaluation(SegmentationSums.Of(confusion).Metrics(), confusion, images) { Worst = worst };
    }

    /// <inheritdoc/>
    EvaluationResult IEvaluator.Evaluate(Model model, IProgress<int>? progress, CancellationToken cancellation) =>
        Evaluate(model, progress, cancellation);

    /// <summary>Frees the plans.</summary>
    public void Dispose() => _plans.Dispose();

    /// <summary>Keeps a mistake in its place among the worst, while it belongs to them.</summary>
    private static void Keep(List<SegmentationMistake> worst, SegmentationMistake mistake)
    {
        int place = worst.FindIndex(other => other.WrongShare < mistake.WrongShare);
        worst.Insert(place < 0 ? worst.Count : place, mistake);
        if (worst.Count > KeptMistakes || worst[^1].WrongShare == 0)
        {
            worst.RemoveAt(worst.Count - 1);
        }
    }
}
