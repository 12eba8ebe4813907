using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Run of a classifier from images to a report.</summary>
/// <param name="Options">Options that decide the weights.</param>
/// <param name="Training">Training images, those for validation set apart.</param>
/// <param name="Folder">Folder that keeps the run.</param>
public sealed record TrainingRun(TrainingOptions Options, IImageDataset Training, RunFolder Folder)
    : TaskRun<IImageDataset, Evaluation>(Options, Training, Folder)
{
    /// <inheritdoc/>
    private protected override Trainer CreateTrainer(WorkerPool? pool) =>
        Trainer.ForClassification(Options, Training, Validation, Folder, Resume, pool);

    /// <inheritdoc/>
    private protected override Evaluation Evaluate(Model best, WorkerPool? pool, CancellationToken cancellation)
    {
        IImageDataset matched = ClassCheck.Match(best.Info.Classes, Evaluated, "The data set", "the model");
        using ClassificationEvaluator evaluator = new(matched, Options.BatchSize, pool, unreadable: CountUnreadable(matched));
        return evaluator.Evaluate(best, cancellation: cancellation);
    }

    /// <inheritdoc/>
    private protected override void WriteReport(string title, ModelInfo info, Evaluation evaluation) =>
        RunReport.Write(Folder, title, info, Options, evaluation, Evaluated);

    /// <inheritdoc/>
    private protected override RunResult ResultOf(Evaluation evaluation) => new()
    {
        Top1 = evaluation.Top1,
        Top5 = evaluation.Top5,
        Loss = evaluation.Loss,
        Images = evaluation.Confusion.Total,
    };

    /// <inheritdoc/>
    private protected override string TestName(Metric metric) => metric.Name switch
    {
        "top1" => "testTop1",
        "top5" => "testTop5",
        _ => "testLoss",
    };
}
