using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Evaluates detectors on a set of images by COCO's figures. Keeps the plans of the latest model.</summary>
public sealed class DetectionEvaluator : IEvaluator, IDisposable
{
    private readonly IInstanceDataset _dataset;
    private readonly WorkerPool? _pool;
    private readonly UnreadableImages _unreadable;
    private Model? _model;
    private DetectorPlans? _plans;

    /// <summary>Makes an evaluator; nothing is read yet.</summary>
    /// <param name="dataset">Images with their objects.</param>
    /// <param name="pool">Threads to run on; the shared pool where null.</param>
    /// <param name="unreadable">Counter of images that cannot be read and are left out; where null, the first of them is an error.</param>
    public DetectionEvaluator(IInstanceDataset dataset, WorkerPool? pool = null, UnreadableImages? unreadable = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        (_dataset, _pool, _unreadable) = (dataset, pool, unreadable ?? new UnreadableImages());
    }

    /// <summary>Results of the last evaluation, image ids being indices into the set.</summary>
    public IReadOnlyList<CocoDetection> Detections { get; private set; } = [];

    /// <summary>Objects of the set, image ids being indices into it.</summary>
    public IReadOnlyList<CocoTruth> Truths { get; private set; } = [];

    /// <inheritdoc cref="IEvaluator.Evaluate"/>
    /// <exception cref="InvalidDatasetException">The set has other classes than the model.</exception>
    /// <exception cref="ArgumentException">The model has no detection head.</exception>
    public DetectionEvaluation Evaluate(Model model, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!model.Info.Classes.SequenceEqual(_dataset.Classes))
        {
            throw new InvalidDatasetException(
                "The data set",
                $"it has the classes {string.Join(", ", _dataset.Classes)}, but the model tells {string.Join(", ", model.Info.Classes)} "
                + "apart. Give a set of the model's classes.");
        }

        Prepare(model);
        List<long> images = [];
        List<CocoTruth> truths = [];
        List<CocoDetection> detections = [];
        for (int index = 0; index < _dataset.Count; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Find(model, index, cancellation) is IReadOnlyList<FoundObject> found)
            {
                images.Add(index);
                truths.AddRange(_dataset.InstancesOf(index).Select(instance => Truth(index, instance)));
                detections.AddRange(found.Select(one => Detection(index, one)));
            }

            progress?.Report(index + 1);
        }

        (Truths, Detections) = (truths, detections);
        long[] classes = [.. Enumerable.Range(0, _dataset.Classes.Count).Select(label => (long)label)];
        bool masks = _dataset.HasMasks && model.Network.Head is FasterRcnn { HasMasks: true };
        return new DetectionEvaluation(
            CocoEvaluation.Of(images, classes, truths, detections, CocoOverlap.Boxes, cancellation),
            masks ? CocoEvaluation.Of(images, classes, truths, [.. detections.Select(ByMask)], CocoOverlap.Masks, cancellation) : null,
            _dataset.Classes,
            images.Count);
    }

    /// <inheritdoc/>
    EvaluationResult IEvaluator.Evaluate(Model model, IProgress<int>? progress, CancellationToken cancellation) =>
        Evaluate(model, progress, cancellation);

    /// <summary>Frees the plans.</summary>
    public void Dispose() => _plans?.Dispose();

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

    private void Prepare(Model model)
    {
        if (_plans is null || _model != model)
        {
            _plans?.Dispose();
            (_plans, _model) = (new DetectorPlans(model, nameof(DetectionEvaluator), _pool, concurrency: 1), model);
        }
        else
        {
            model.Refresh();
        }
    }

    private IReadOnlyList<FoundObject>? Find(Model model, int index, CancellationToken cancellation)
    {
        try
        {
            using PreparedImage image = new(model.Info.Preprocessing, _dataset.Load(index));
            return _plans!.Find(image, threshold: 0, cancellation: cancellation);
        }
        catch (InvalidImageException error)
        {
            _unreadable.Add(index, _dataset.NameOf(index), error);
            return null;
        }
    }
}
