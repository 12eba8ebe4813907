using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Result of a finished run.</summary>
/// <param name="Evaluation">Evaluation of the best checkpoint on the test images.</param>
/// <param name="Info">Model that was trained, and all that is needed to use it.</param>
/// <param name="Seconds">Seconds of training, evaluation apart.</param>
public sealed record TrainingOutcome(Evaluation Evaluation, ModelInfo Info, double Seconds);

/// <summary>Run from images to a report: trains, evaluates the best checkpoint and writes <c>report.html</c>.</summary>
/// <param name="Options">Options that decide the weights.</param>
/// <param name="Training">Training images, those for validation set apart.</param>
/// <param name="Folder">Folder that keeps the run.</param>
public sealed record TrainingRun(TrainingOptions Options, IImageDataset Training, RunFolder Folder)
{
    /// <summary>Images by which the best epoch is chosen; the accuracy in training chooses where null.</summary>
    public IImageDataset? Validation { get; init; }

    /// <summary>Images on which the best checkpoint is evaluated; those of validation, else of training, where null.</summary>
    public IImageDataset? Test { get; init; }

    /// <summary>True to go on from the folder's last checkpoint.</summary>
    public bool Resume { get; init; }

    /// <summary>
    /// Configuration that the folder keeps; the caller's to write where null. It is written when the data are known to fit, so that a
    /// refused run leaves that of an earlier one alone.
    /// </summary>
    public RunConfiguration? Configuration { get; init; }

    /// <summary>Headline of the report; the model's name where null.</summary>
    public string? Title { get; init; }

    /// <summary>Trains to the end.</summary>
    /// <param name="pool">Threads to run on; the shared pool where null.</param>
    /// <param name="steps">Told after each step.</param>
    /// <param name="epochs">Told after each epoch.</param>
    /// <param name="cancellation">Stops training between two steps; a checkpoint is written first.</param>
    /// <exception cref="FoveaException">Something in the data, the folder or the options does not fit, or training diverged.</exception>
    /// <exception cref="OperationCanceledException">Training was stopped; it can be resumed.</exception>
    public TrainingOutcome Run(
        WorkerPool? pool = null,
        IProgress<TrainingProgress>? steps = null,
        IProgress<EpochResult>? epochs = null,
        CancellationToken cancellation = default)
    {
        double seconds;
        ModelInfo info;
        using (Trainer trainer = Trainer.ForClassification(Options, Training, Validation, Folder, Resume, pool))
        {
            if (Configuration is not null)
            {
                Folder.WriteConfig(Configuration);
            }

            File.Delete(Folder.ResultPath);
            trainer.Run(steps, epochs, cancellation);
            (seconds, info) = (trainer.Seconds, trainer.Info);
        }

        using Model best = Checkpoint.Load(Folder.BestCheckpointPath);
        IImageDataset evaluated = ClassCheck.Match(best.Info.Classes, Test ?? Validation ?? Training, "The data set", "the model");
        UnreadableImages unreadable = Options.CountUnreadable(evaluated.Count, Test is null ? null : Options.Unreadable);
        using ClassificationEvaluator evaluator = new(evaluated, Options.BatchSize, pool, unreadable: unreadable);
        Evaluation evaluation = evaluator.Evaluate(best, cancellation: cancellation);
        if (Test is not null)
        {
            Folder.AmendMetrics(new JsonObject
            {
                ["testTop1"] = evaluation.Top1,
                ["testTop5"] = evaluation.Top5,
                ["testLoss"] = evaluation.Loss,
            });
        }

        RunReport.Write(Folder, Title ?? info.Name, info, Options, evaluation, evaluated);
        Folder.WriteResult(new RunResult
        {
            Top1 = evaluation.Top1,
            Top5 = evaluation.Top5,
            Loss = evaluation.Loss,
            EvaluatedOn = Test is not null ? "test" : Validation is not null ? "validation" : "training",
            Images = evaluation.Confusion.Total,
            Epochs = Folder.ReadMetrics().Count,
            Seconds = seconds,
        });
        return new TrainingOutcome(evaluation, info, seconds);
    }
}
