using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Run of a detector from images to a report: trains, evaluates the best checkpoint and writes <c>report.html</c>.</summary>
/// <param name="Options">Options that decide the weights.</param>
/// <param name="Training">Training images with their objects.</param>
/// <param name="Folder">Folder that keeps the run.</param>
public sealed record DetectionRun(TrainingOptions Options, IInstanceDataset Training, RunFolder Folder)
{
    /// <summary>Images by which the best epoch is chosen; the loss in training chooses where null.</summary>
    public IInstanceDataset? Validation { get; init; }

    /// <summary>Images on which the best checkpoint is evaluated; those of validation, else of training, where null.</summary>
    public IInstanceDataset? Test { get; init; }

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
    public DetectionEvaluation Run(
        WorkerPool? pool = null,
        IProgress<TrainingProgress>? steps = null,
        IProgress<EpochResult>? epochs = null,
        CancellationToken cancellation = default)
    {
        double seconds;
        ModelInfo info;
        using (Trainer trainer = Trainer.ForDetection(Options, Training, Validation, Folder, Resume, pool))
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
        IInstanceDataset evaluated = Test ?? Validation ?? Training;
        UnreadableImages unreadable = Options.CountUnreadable(evaluated.Count, Test is null ? null : Options.Unreadable);
        using DetectionEvaluator evaluator = new(evaluated, pool, unreadable);
        DetectionEvaluation evaluation = evaluator.Evaluate(best, cancellation: cancellation);
        if (Test is not null)
        {
            Folder.AmendMetrics(
                [.. evaluation.Metrics.Select(metric => KeyValuePair.Create($"test{metric.Name}", (JsonNode?)metric.Value))]);
        }

        DetectionReport.Write(Folder, Title ?? info.Name, info, Options, evaluation, evaluator, evaluated);
        Folder.WriteResult(new RunResult
        {
            Detection = DetectionFigures.Of(evaluation),
            EvaluatedOn = Test is not null ? "test" : Validation is not null ? "validation" : "training",
            Images = evaluation.Images,
            Epochs = Folder.ReadMetrics().Count,
            Seconds = seconds,
        });
        return evaluation;
    }
}
