using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Evaluates detectors on a set of images by COCO's figures. Keeps the plans of the latest model.</summary>
public sealed class DetectionEvaluator : IEvaluator, IDisposable
{
    private readonly IInstanceDataset _dataset;
    private readonly UnreadableImages _unreadable;
    private readonly ICollective _ranks;
    private readonly LatestPlans<DetectorPlans> _plans;

    /// <summary>Makes an evaluator; nothing is read yet.</summary>
    /// <param name="dataset">Images with their objects.</param>
    /// <param name="pool">Threads to run on; the shared pool where null.</param>
    /// <param name="unreadable">Counter of images that cannot be read and are left out; where null, the first of them is an error.</param>
    /// <param name="ranks">Processes that share the images, each of which gives all figures; this one by itself where null.</param>
    public DetectionEvaluator(
        IInstanceDataset dataset, WorkerPool? pool = null, UnreadableImages? unreadable = null, ICollective? ranks = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        (_dataset, _unreadable, _ranks) = (dataset, unreadable ?? new UnreadableImages(), ranks ?? SingleRank.Instance);
        _plans = new LatestPlans<DetectorPlans>(model => new DetectorPlans(model, nameof(DetectionEvaluator), pool, concurrency: 1));
    }

    /// <inheritdoc cref="IEvaluator.Evaluate"/>
    /// <exception cref="InvalidDatasetException">The set has other classes than the model.</exception>
    /// <exception cref="ArgumentException">The model has no detection head.</exception>
    public DetectionEvaluation Evaluate(Model model, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ClassCheck.Require(model.Info.Classes, _dataset, "The data set", "the model");
        DetectorPlans plans = _plans.For(model);
        List<(int Image, IReadOnlyList<FoundObject> Objects)> own = [];
        for (int index = _ranks.Rank; index < _dataset.Count; index += _ranks.Size)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Find(plans, model, index, cancellation) is IReadOnlyList<FoundObject> found)
            {
                own.Add((index, found));
            }

            progress?.Report(index + 1);
        }

        List<long> images = [];
        List<CocoTruth> truths = [];
        List<CocoDetection> detections = [];
        foreach ((int index, IReadOnlyList<FoundObject> found) in SharedDetections.Gather(_ranks, own))
        {
            images.Add(index);
            truths.AddRange(_dataset.InstancesOf(index).Select(instance => Truth(index, instance)));
            detections.AddRange(found.Select(one => Detection(index, one)));
        }

        SharedUnreadable.Merge(_ranks, _unreadable);
        long[] classes = [.. Enumerable.Range(0, _dataset.Classes.Count).Select(label => (long)label)];
        bool masks = _dataset.HasMasks && model.Network.Head is FasterRcnn { HasMasks: true };
        return new DetectionEvaluation(
            CocoEvaluation.Of(images, classes, truths, detections, CocoOverlap.Boxes, cancellation),
            masks ? CocoEvaluation.Of(images, classes, truths, [.. detections.Select(ByMask)], CocoOverlap.Masks, cancellation) : null,
            _dataset.Classes,
            images.Count)
        {
            Truths = truths,
            Detections = detections,
        };
    }

    /// <inheritdoc/>
    EvaluationResult IEvaluator.Evaluate(Model model, IProgress<int>? progress, CancellationToken cancellation) =>
        Evaluate(model, progress, cancellation);

    /// <summary>Frees the plans.</summary>
    public void Dispose() => _plans.Dispose();

    private static CocoTruth Truth(int image, Instance instance) =>
        new(image, instance.Box.Label, BoxOf(instance.Box), instance.Area, instance.IsCrowd, instance.Mask);

    private static CocoDetection Detection(int image, FoundObject found)
    {
        CocoBox box = BoxOf(found.Box);
        return new CocoDetection(image, found.Box.Label, found.Score, box, box.Area, found.Mask);
    }

    /// <summary>A detection of a mask counts as small or large by its mask.</summary>
    private static CocoDetection ByMask(CocoDetection detection) => detection with { Area = detection.Mask!.Area };

    private static CocoBox BoxOf(Box box) => new(box.Left, box.Top, box.Right - (double)box.Left, box.Bottom - (double)box.Top);

    private IReadOnlyList<FoundObject>? Find(DetectorPlans plans, Model model, int index, CancellationToken cancellation)
    {
        try
        {
            using PreparedImage image = new(model.Info.Preprocessing, _dataset.Load(index));
            return plans.Find(image, threshold: 0, cancellation: cancellation);
        }
        catch (InvalidImageException error)
        {
            _unreadable.Add(index, _dataset.NameOf(index), error);
            return null;
        }
    }
}
