using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fovea.Training;

/// <content>The usual case: a classifier from options, evaluated on a set of images.</content>
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
    /// <exception cref="ArgumentException">An option is out of range.</exception>
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
        ILogger? logger = null)
    {
        options.Validate();
        if (validation is not null)
        {
            validation = ClassCheck.Match(training.Classes, validation, "The validation set", "the training set");
        }

        Model model = TrainingModel.Create(options, training.Classes, fresh: resume);
        ClassificationEvaluator? evaluator =
            validation is null ? null : new ClassificationEvaluator(
                validation,
                options.BatchSize,
                pool,
                loaderThreads,
                options.CountUnreadable(validation.Count, new UnreadableLog(logger ?? NullLogger.Instance, options.Unreadable)));
        return Owning(
            model,
            evaluator,
            () => new Trainer(model, training, options, folder, null, evaluator, resume, pool, loaderThreads, logger));
    }

    /// <summary>Makes a trainer that disposes of model and evaluator; where it cannot be made, they are disposed of at once.</summary>
    private static Trainer Owning(Model model, IDisposable? evaluator, Func<Trainer> make)
    {
        try
        {
            Trainer trainer = make();
            trainer._owned.Push(model);
            trainer._owned.Push(evaluator ?? model);
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
