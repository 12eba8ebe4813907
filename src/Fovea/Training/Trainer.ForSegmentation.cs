using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fovea.Training;

/// <content>A segmentation from options, evaluated on a set of images whose pixels have classes.</content>
public sealed partial class Trainer
{
    /// <summary>
    /// Prepares the training of a segmentation whose model, checkpoint to begin with and preprocessing stand in the options.
    /// </summary>
    /// <param name="options">Everything that decides the weights; the model is named <c>HEAD:BACKBONE</c>.</param>
    /// <param name="training">Training images with their label maps.</param>
    /// <param name="validation">Images to evaluate on after each epoch, or null.</param>
    /// <param name="folder">Folder that keeps the run.</param>
    /// <param name="resume">True to go on from the folder's last checkpoint.</param>
    /// <param name="pool">The threads to train on; the shared pool where none is given.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="logger">Told of the beginning, each epoch, checkpoints, an interruption.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the model has no segmentation head.</exception>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    /// <exception cref="Formats.InvalidFileException">
    /// The checkpoint to begin with is missing, broken or does not fit, or that to resume from is of another run.
    /// </exception>
    /// <exception cref="InvalidDatasetException">The validation set has other classes than the training set.</exception>
    public static Trainer ForSegmentation(
        TrainingOptions options,
        ISegmentationDataset training,
        ISegmentationDataset? validation,
        RunFolder folder,
        bool resume = false,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        options.Validate();
        SegmentationObjective objective = SegmentationObjective.Create(options, training);
        Model model = TrainingModel.Create(options, training.Classes, fresh: resume);
        SegmentationEvaluator? evaluator = validation is null ? null : new SegmentationEvaluator(
            validation,
            pool,
            options.CountUnreadable(validation.Count, new UnreadableLog(logger ?? NullLogger.Instance, options.Unreadable)));
        return Owning(
            model,
            evaluator,
            () => new Trainer(model, training, options, folder, objective, evaluator, resume, pool, loaderThreads, logger));
    }
}
