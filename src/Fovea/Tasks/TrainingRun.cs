using System.Text.Json.Nodes;
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

/// <summary>Run of a classifier from images to a report.</summary>
/// <param name="Options">Options that decide the weights.</param>
/// <param name="Training">Training images, those for validation set apart.</param>
/// <param name="Folder">Folder that keeps the run.</param>
public sealed record TrainingRun(TrainingOptions Options, IImageDataset Training, RunFolder Folder)
    : TaskRun<IImageDataset, TrainingOutcome>(Options, Training, Folder)
{
    /// <inheritdoc/>
    private protected override Trainer CreateTrainer(WorkerPool? pool) =>
        Trainer.ForClassification(Options, Training, Validation, Folder, Resume, pool);

    /// <inheritdoc/>
    private protected override TrainingOutcome Conclude(
        Model best, ModelInfo info, double seconds, WorkerPool? pool, CancellationToken cancellation)
    {
        IImageDataset evaluated = ClassCheck.Match(best.Info.Classes, Evaluated, "The data set", "the model");
        using ClassificationEvaluator evaluator = new(evaluated, Options.BatchSize, pool, unreadable: CountUnreadable(evaluated));
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
            EvaluatedOn = EvaluatedOn,
            Images = evaluation.Confusion.Total,
            Epochs = Folder.ReadMetrics().Count,
            Seconds = seconds,
        });
        return new TrainingOutcome(evaluation, info, seconds);
    }
}
