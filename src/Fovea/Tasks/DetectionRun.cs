using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Run of a detector from images to a report.</summary>
/// <param name="Options">Options that decide the weights.</param>
/// <param name="Training">Training images with their objects.</param>
/// <param name="Folder">Folder that keeps the run.</param>
public sealed record DetectionRun(TrainingOptions Options, IInstanceDataset Training, RunFolder Folder)
    : TaskRun<IInstanceDataset, DetectionEvaluation>(Options, Training, Folder)
{
    /// <inheritdoc/>
    private protected override Trainer CreateTrainer(WorkerPool? pool) =>
        Trainer.ForDetection(Options, Training, Validation, Folder, Resume, pool);

    /// <inheritdoc/>
    private protected override DetectionEvaluation Evaluate(Model best, WorkerPool? pool, CancellationToken cancellation)
    {
        using DetectionEvaluator evaluator = new(Evaluated, pool, CountUnreadable(Evaluated));
        return evaluator.Evaluate(best, cancellation: cancellation);
    }

    /// <inheritdoc/>
    private protected override void WriteReport(string title, ModelInfo info, DetectionEvaluation evaluation) =>
        DetectionReport.Write(Folder, title, info, Options, evaluation, Evaluated);

    /// <inheritdoc/>
    private protected override RunResult ResultOf(DetectionEvaluation evaluation) =>
        new() { Detection = DetectionFigures.Of(evaluation), Images = evaluation.Images };
}
