using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Evaluates classifiers on a set of images: loss, top-1, top-5, confusion, worst mistakes. Compiles a plan for the first model and keeps
/// it.
/// </summary>
public sealed class ClassificationEvaluator : IEvaluator, IDisposable
{
    private readonly IImageDataset _dataset;
    private readonly int _batchSize;
    private readonly WorkerPool? _pool;
    private readonly int _loaderThreads;
    private readonly UnreadableImages _unreadable;
    private readonly ICollective _ranks;
    private Model? _model;
    private ClassificationPlan? _plan;

    /// <summary>Makes an evaluator; nothing is read yet.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="batchSize">Images in a run of the network; no more than the set has are taken.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="unreadable">Counter of images that cannot be read and are left out; where null, the first of them is an error.</param>
    /// <param name="ranks">Processes that share the images, each of which gives all figures; this one by itself where null.</param>
    public ClassificationEvaluator(
        IImageDataset dataset,
        int batchSize = 64,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        UnreadableImages? unreadable = null,
        ICollective? ranks = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        (_dataset, _batchSize, _pool, _loaderThreads) = (dataset, Math.Min(batchSize, Math.Max(dataset.Count, 1)), pool, loaderThreads);
        (_unreadable, _ranks) = (unreadable ?? new UnreadableImages(), ranks ?? SingleRank.Instance);
    }

    /// <summary>The images.</summary>
    internal IImageDataset Dataset => _dataset;

    /// <inheritdoc cref="IEvaluator.Evaluate"/>
    /// <exception cref="InvalidDatasetException">The set has another number of classes than the model.</exception>
    public Evaluation Evaluate(Model model, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        if (model.Network.Classes != _dataset.Classes.Count)
        {
            throw new InvalidDatasetException(
                "The data set",
                $"it has {_dataset.Classes.Count} classes, but the model tells {model.Network.Classes} apart. "
                + "Give a set of the model's classes.");
        }

        if (_plan is null || _model != model)
        {
            _plan?.Dispose();
            (_plan, _model) = (new ClassificationPlan(model.Network, model.Info.Preprocessing, _batchSize, _pool), model);
        }
        else
        {
            _plan.Refresh();
        }

        return _plan.Evaluate(_dataset, null, _loaderThreads, _unreadable, _ranks, progress, cancellation);
    }

    /// <summary>Frees the plan's memory; the models stay.</summary>
    public void Dispose()
    {
        _plan?.Dispose();
        (_plan, _model) = (null, null);
    }

    EvaluationResult IEvaluator.Evaluate(Model model, IProgress<int>? progress, CancellationToken cancellation) =>
        Evaluate(model, progress, cancellation);
}
