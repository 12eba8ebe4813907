using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Run of a segmentation from images to a report.</summary>
/// <param name="Options">Options that decide the weights.</param>
/// <param name="Training">Training images with their label maps.</param>
/// <param name="Folder">Folder that keeps the run.</param>
public sealed record SegmentationRun(TrainingOptions Options, ISegmentationDataset Training, RunFolder Folder)
    : TaskRun<ISegmentationDataset, SegmentationEvaluation>(Options, Training, Folder)
{
    /// <inheritdoc/>
    private protected override Trainer CreateTrainer(WorkerPool? pool) =>
        Trainer.ForSegmentation(Options, Training, Validation, Folder, Resume, pool);

    /// <inheritdoc/>
    private protected override SegmentationEvaluation Conclude(
        Model best, ModelInfo info, double seconds, WorkerPool? pool, CancellationToken cancellation)
    {
        using SegmentationEvaluator evaluator = new(Evaluated, pool, CountUnreadable(Evaluated));
        SegmentationEvaluation evaluation = evaluator.Evaluate(best, cancellation: cancellation);
        if (Test is not null)
        {
            Folder.AmendMetrics(
                [.. evaluation.Metrics.Select(metric => KeyValuePair.Create($"test{metric.Name}", (JsonNode?)metric.Value))]);
        }

        SegmentationReport.Write(Folder, Title ?? info.Name, info, Options, evaluation, Evaluated);
        Folder.WriteResult(new RunResult
        {
            Segmentation = SegmentationFigures.Of(evaluation),
            EvaluatedOn = EvaluatedOn,
            Images = evaluation.Images,
            Epochs = Folder.ReadMetrics().Count,
            Seconds = seconds,
        });
        return evaluation;
    }
}
