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
    private protected override SegmentationEvaluation Evaluate(Model best, WorkerPool? pool, CancellationToken cancellation)
    {
        using SegmentationEvaluator evaluator = new(Evaluated, pool, CountUnreadable(Evaluated));
        return evaluator.Evaluate(best, cancellation: cancellation);
    }

    /// <inheritdoc/>
    private protected override void WriteReport(string title, ModelInfo info, SegmentationEvaluation evaluation) =>
        SegmentationReport.Write(Folder, title, info, Options, evaluation, Evaluated);

    /// <inheritdoc/>
    private protected override RunResult ResultOf(SegmentationEvaluation evaluation) =>
        new() { Segmentation = SegmentationFigures.Of(evaluation), Images = evaluation.Images };
}
