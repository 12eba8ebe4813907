using System.Text.Json.Nodes;
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
    private protected override DetectionEvaluation Conclude(
        Model best, ModelInfo info, double seconds, WorkerPool? pool, CancellationToken cancellation)
    {
        using DetectionEvaluator evaluator = new(Evaluated, pool, CountUnreadable(Evaluated));
        DetectionEvaluation evaluation = evaluator.Evaluate(best, cancellation: cancellation);
        if (Test is not null)
        {
            Folder.AmendMetrics(
                [.. evaluation.Metrics.Select(metric => KeyValuePair.Create($"test{metric.Name}", (JsonNode?)metric.Value))]);
        }

        DetectionReport.Write(Folder, Title ?? info.Name, info, Options, evaluation, evaluator, Evaluated);
        Folder.WriteResult(new RunResult
        {
            Detection = DetectionFigures.Of(evaluation),
            EvaluatedOn = EvaluatedOn,
            Images = evaluation.Images,
            Epochs = Folder.ReadMetrics().Count,
            Seconds = seconds,
        });
        return evaluation;
    }
}
