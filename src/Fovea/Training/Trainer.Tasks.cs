using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fovea.Training;

/// <content>The usual cases: a model of a task from options, evaluated on a set of the task.</content>
public sealed partial class Trainer
{
    /// <summary>
    /// Prepares the training of a classifier whose model, checkpoint to begin with and preprocessing stand in the options.
    /// </summary>
    /// <param name="options">Everything that decides the weights.</param>
    /// <param name="training">The training images.</param>
    /// <param name="validation">Images to evaluate on after each epoch, or null.</param>
    /// <param name="folder">Folder that keeps the run.</param>
    /// <param name="resume">True to go on from the folder's last checkpoint.</param>
    /// <param name="pool">The threads to train on; the shared pool where none is given.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="logger">Told of the beginning, each epoch, checkpoints, an interruption.</param>
    /// <param name="ranks">The processes that train together; this one by itself where null.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the model has no head of the task.</exception>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    /// <exception cref="Formats.InvalidFileException">
    /// The checkpoint to begin with is missing, broken or does not fit, or that to resume from is of another run.
    /// </exception>
    /// <exception cref="InvalidDatasetException">The validation set has other classes than the training set.</exception>
    public static Trainer ForClassification(
        TrainingOptions options,
        IImageDataset training,
        IImageDataset? validation,
        RunFolder folder,
        bool resume = false,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        ILogger? logger = null,
        ICollective? ranks = null)
    {
        ArgumentNullException.ThrowIfNull(training);
        return Create(
            options,
            training,
            validation is null ? null : ClassCheck.Match(training.Classes, validation, "The validation set", "the training set"),
            resume,
            logger,
            (images, unreadable) => new ClassificationEvaluator(images, options.BatchSize, pool, loaderThreads, unreadable, ranks),
            (model, evaluator) =>
                new Trainer(model, training, options, folder, null, evaluator, resume, pool, loaderThreads, logger, ranks));
    }

    /// <summary>Prepares the training of a detector, a model named <c>HEAD:BACKBONE</c>, on images with their objects.</summary>
    /// <inheritdoc cref="ForClassification"/>
    public static Trainer ForDetection(
        TrainingOptions options,
        IInstanceDataset training,
        IInstanceDataset? validation,
        RunFolder folder,
        bool resume = false,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        ILogger? logger = null,
        ICollective? ranks = null)
    {
        return Create(
            options,
            training,
            validation,
            resume,
            logger,
            (images, unreadable) => new DetectionEvaluator(images, pool, unreadable, ranks),
            Make);

        Trainer Make(Model model, DetectionEvaluator? evaluator)
        {
            if (model.Network.Head is FasterRcnn { HasMasks: true } && !training.HasMasks)
            {
                throw new InvalidDatasetException(
                    "The training set",
                    $"its objects have no masks, which {options.Model} learns: give a set with masks, or take faster_rcnn.");
            }

            DetectionObjective objective = new(options.MostObjects);
            AspectGrouping grouped = new(training, options.ShardSize);
            return new Trainer(model, grouped, options, folder, objective, evaluator, resume, pool, loaderThreads, logger, ranks);
        }
    }

    /// <summary>Prepares the training of a segmentation, a model named <c>HEAD:BACKBONE</c>, on images with their label maps.</summary>
    /// <inheritdoc cref="ForClassification"/>
    public static Trainer ForSegmentation(
        TrainingOptions options,
        ISegmentationDataset training,
        ISegmentationDataset? validation,
        RunFolder folder,
        bool resume = false,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        ILogger? logger = null,
        ICollective? ranks = null)
    {
        return Create(
            options,
            training,
            validation,
            resume,
            logger,
            (images, unreadable) => new SegmentationEvaluator(images, pool, unreadable, ranks),
            Make);

        Trainer Make(Model model, SegmentationEvaluator? evaluator)
        {
            SegmentationObjective objective = SegmentationObjective.Create(options, training);
            return new Trainer(model, training, options, folder, objective, evaluator, resume, pool, loaderThreads, logger, ranks);
        }
    }

    /// <summary>
    /// Makes model, evaluator and trainer, which disposes of the two; where it cannot be made, they are disposed of at once.
    /// </summary>
    private static Trainer Create<TData, TEvaluator>(
        TrainingOptions options,
        TData training,
        TData? validation,
        bool resume,
        ILogger? logger,
        Func<TData, UnreadableImages, TEvaluator> evaluate,
        Func<Model, TEvaluator?, Trainer> make)
        where TData : class, IDataset
        where TEvaluator : class, IEvaluator, IDisposable
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        options.Validate();
        Model model = TrainingModel.Create(options, training.Classes, fresh: resume);
        TEvaluator? evaluator = null;
        try
        {
            if (validation is not null)
            {
                UnreadableLog listener = new(logger ?? NullLogger.Instance, options.Unreadable);
                evaluator = evaluate(validation, options.CountUnreadable(validation.Count, listener));
            }

            Trainer trainer = make(model, evaluator);
            trainer._owned.Push(model);
            if (evaluator is not null)
            {
                trainer._owned.Push(evaluator);
            }

            return trainer;
        }
        catch
        {
            evaluator?.Dispose();
            model.Dispose();
            throw;
        }
    }
}
