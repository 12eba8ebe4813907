using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tasks;

/// <summary>Run of a task from images to a report: trains, evaluates the best checkpoint and writes <c>report.html</c>.</summary>
/// <typeparam name="TData">Kind of data set that the task learns from.</typeparam>
/// <typeparam name="TEvaluation">Evaluation of the best checkpoint.</typeparam>
/// <param name="Options">Options that decide the weights.</param>
/// <param name="Training">Training images, those for validation set apart.</param>
/// <param name="Folder">Folder that keeps the run.</param>
public abstract record TaskRun<TData, TEvaluation>(TrainingOptions Options, TData Training, RunFolder Folder)
    where TData : class, IDataset
    where TEvaluation : EvaluationResult
{
    /// <summary>Images by which the best epoch is chosen; training itself chooses, by its metrics or its loss, where null.</summary>
    public TData? Validation { get; init; }

    /// <summary>Images on which the best checkpoint is evaluated; those of validation, else of training, where null.</summary>
    public TData? Test { get; init; }

    /// <summary>True to go on from the folder's last checkpoint.</summary>
    public bool Resume { get; init; }

    /// <summary>
    /// Configuration that the folder keeps; the caller's to write where null. It is written when the data are known to fit, so that a
    /// refused run leaves that of an earlier one alone.
    /// </summary>
    public RunConfiguration? Configuration { get; init; }

    /// <summary>Headline of the report; the model's name where null.</summary>
    public string? Title { get; init; }

    /// <summary>Images that the best checkpoint is evaluated on.</summary>
    private protected TData Evaluated => Test ?? Validation ?? Training;

    /// <summary>Part of the data that <see cref="Evaluated"/> is: test, validation or training.</summary>
    private protected string EvaluatedOn => Test is not null ? "test" : Validation is not null ? "validation" : "training";

    /// <summary>Trains to the end.</summary>
    /// <param name="pool">Threads to run on; the shared pool where null.</param>
    /// <param name="steps">Told after each step.</param>
    /// <param name="epochs">Told after each epoch.</param>
    /// <param name="cancellation">Stops training between two steps; a checkpoint is written first.</param>
    /// <exception cref="FoveaException">Something in the data, the folder or the options does not fit, or training diverged.</exception>
    /// <exception cref="OperationCanceledException">Training was stopped; it can be resumed.</exception>
    public TEvaluation Run(
        WorkerPool? pool = null,
        IProgress<TrainingProgress>? steps = null,
        IProgress<EpochResult>? epochs = null,
        CancellationToken cancellation = default)
    {
        double seconds;
        ModelInfo info;
        using (Trainer trainer = CreateTrainer(pool))
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
        TEvaluation evaluation = Evaluate(best, pool, cancellation);
        if (Test is not null)
        {
            Folder.AmendMetrics([.. evaluation.Metrics.Select(metric => KeyValuePair.Create(TestName(metric), (JsonNode?)metric.Value))]);
        }

        WriteReport(Title ?? info.Name, info, evaluation);
        Folder.WriteResult(ResultOf(evaluation) with
        {
            EvaluatedOn = EvaluatedOn,
            Epochs = Folder.ReadMetrics().Count,
            Seconds = seconds,
        });
        return evaluation;
    }

    /// <summary>Prepares the training.</summary>
    private protected abstract Trainer CreateTrainer(WorkerPool? pool);

    /// <summary>Evaluates the best checkpoint on <see cref="Evaluated"/>.</summary>
    private protected abstract TEvaluation Evaluate(Model best, WorkerPool? pool, CancellationToken cancellation);

    /// <summary>Writes the report.</summary>
    private protected abstract void WriteReport(string title, ModelInfo info, TEvaluation evaluation);

    /// <summary>Figures of the evaluation, and the number of images, for the run's result.</summary>
    private protected abstract RunResult ResultOf(TEvaluation evaluation);

    /// <summary>Name by which the log keeps a figure of the test images.</summary>
    private protected virtual string TestName(Metric metric) => $"test{metric.Name}";

    /// <summary>Counter of the images of <paramref name="evaluated"/> that cannot be read.</summary>
    private protected UnreadableImages CountUnreadable(TData evaluated) =>
        Options.CountUnreadable(evaluated.Count, Test is null ? null : Options.Unreadable);
}
