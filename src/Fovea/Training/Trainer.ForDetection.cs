using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fovea.Training;

/// <content>A detector from options, evaluated on a set of images with objects.</content>
public sealed partial class Trainer
{
    /// <summary>Prepares the training of a detector whose model, checkpoint to begin with and preprocessing stand in the options.</summary>
    /// <param name="options">Everything that decides the weights; the model is named <c>HEAD:BACKBONE</c>.</param>
    /// <param name="training">Training images with their objects.</param>
    /// <param name="validation">Images to evaluate on after each epoch, or null.</param>
    /// <param name="folder">Folder that keeps the run.</param>
    /// <param name="resume">True to go on from the folder's last checkpoint.</param>
    /// <param name="pool">The threads to train on; the shared pool where none is given.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="logger">Told of the beginning, each epoch, checkpoints, an interruption.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the model has no detection head.</exception>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    /// <exception cref="Formats.InvalidFileException">
    /// The checkpoint to begin with is missing, broken or does not fit, or that to resume from is of another run.
    /// </exception>
    /// <exception cref="InvalidDatasetException">The validation set has other classes than the training set.</exception>
    public static Trainer ForDetection(
        TrainingOptions options,
        IInstanceDataset training,
        IInstanceDataset? validation,
        RunFolder folder,
        bool resume = false,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(training);
        options.Validate();
        Model model = TrainingModel.Create(options, training.Classes, fresh: resume);
        DetectionEvaluator? evaluator = validation is null ? null : new DetectionEvaluator(
            validation,
            pool,
            options.CountUnreadable(validation.Count, new UnreadableLog(logger ?? NullLogger.Instance, options.Unreadable)));
        return Owning(model, evaluator, Make);

        Trainer Make()
        {
            if (model.Network.Head is FasterRcnn { HasMasks: true } && !training.HasMasks)
            {
                throw new InvalidDatasetException(
                    "The training set",
                    $"its objects have no masks, which {options.Model} learns: give a set with masks, or take faster_rcnn.");
            }

            DetectionObjective objective = new(options.MostObjects);
            AspectGrouping grouped = new(training, options.BatchSize);
            return new Trainer(model, grouped, options, folder, objective, evaluator, resume, pool, loaderThreads, logger);
        }
    }
}
