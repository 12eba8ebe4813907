using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fovea.Training;

/// <summary>
/// Trains a model on samples. After each epoch it evaluates, appends to the run's log and writes the checkpoints, so that a run that was
/// interrupted anywhere goes on from its last checkpoint and ends with the same bits as one that was not.
/// </summary>
public sealed partial class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly RunFolder _folder;
    private readonly Model _model;
    private readonly Objective _objective;
    private readonly IEvaluator? _evaluator;
    private readonly ILogger _logger;
    private readonly Stack<IDisposable> _owned = [];
    private readonly DataLoader _loader;
    private readonly EmaWeights? _ema;
    private readonly TrainingStep _step;
    private readonly RunCheckpoints _checkpoints;
    private readonly LearningRateSchedule _schedule;
    private readonly EpochExplanations? _explanations;
    private readonly ICollective _ranks;
    private readonly int _stepsPerEpoch;
    private TrainingPosition _position;

    /// <summary>Prepares a run.</summary>
    /// <param name="model">
    /// The model; it stays the caller's and holds the last step's weights in the end. What is frozen in it now stays as it is.
    /// </param>
    /// <param name="training">The training samples; an <see cref="IImageDataset"/> for a classification.</param>
    /// <param name="options">Lengths, rates, batches, augmentation; those that describe a model are not read.</param>
    /// <param name="folder">Folder that keeps the run.</param>
    /// <param name="objective">
    /// The quantity to minimise; where null, the classification that the options ask for: loss, class weights, teacher.
    /// </param>
    /// <param name="evaluator">
    /// Measures the model after each epoch and so chooses the best checkpoint; where null, the objective's own score does.
    /// </param>
    /// <param name="resume">True to go on from the folder's last checkpoint.</param>
    /// <param name="pool">The threads to train on; the shared pool where none is given.</param>
    /// <param name="loaderThreads">Threads that prepare samples.</param>
    /// <param name="logger">Told of the beginning, each epoch, checkpoints, an interruption.</param>
    /// <param name="ranks">
    /// The processes that train together, a power of two and at most <see cref="TrainingOptions.Shards"/>; this one by itself where null.
    /// The first one writes the folder; on others it is not looked at.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of range or does not fit the samples, or there are too few of them.</exception>
    /// <exception cref="ShapeException">
    /// The network does not take images of its preprocessing's size, or does not fit the objective.
    /// </exception>
    /// <exception cref="Formats.InvalidFileException">
    /// The checkpoint to resume from is missing, broken, or of another run or other data.
    /// </exception>
    /// <exception cref="Formats.UnwritableFileException">Another process is training in the folder.</exception>
    /// <exception cref="InvalidDatasetException">The samples do not fit the model.</exception>
    /// <exception cref="CollectiveException">
    /// The processes cannot share the shards, or their programs, processors, samples or options differ.
    /// </exception>
    public Trainer(
        Model model,
        ISampleSource training,
        TrainingOptions options,
        RunFolder folder,
        Objective? objective = null,
        IEvaluator? evaluator = null,
        bool resume = false,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        ILogger? logger = null,
        ICollective? ranks = null)
    {
        options.Validate();
        (_options, _folder, _model, _evaluator, _logger) = (options, folder, model, evaluator, logger ?? NullLogger.Instance);
        _ranks = ranks ?? SingleRank.Instance;
        pool ??= WorkerPool.Shared;
        try
        {
            ShardSums.Require(options.Shards, _ranks.Size);
            RankAgreement.Require(_ranks, options, training);
            if (IsFirstRank)
            {
                folder.Claim();
            }

            training = options.BalancedSampling ? Sampling.Balanced(training) : training;
            _objective = objective ?? TrainingObjective.Create(options, model, training, _owned);
            Info = _objective.Describe(model.Info, training);
            BatchLayout layout = _objective.Layout(model);
            UnreadableImages unreadable = options.CountUnreadable(training.Count, new UnreadableLog(_logger, options.Unreadable));
            _step = Own(new TrainingStep(model, _objective, layout, options, pool, _ranks));
            DataLoaderOptions loading = options.ForLoader(layout, unreadable, loaderThreads) with
            {
                Chain = options.ChainFor(training, Info.Preprocessing),
                Share = _step.Share,
            };
            _loader = Own(new DataLoader(training, Info.Preprocessing, loading));
            _stepsPerEpoch = options.StepsIn(_loader.BatchesPerEpoch);
            _schedule = Schedules.Create(options, _stepsPerEpoch);
            _ema = options.EmaDecay > 0 ? Own(new EmaWeights(model.Parameters, options.EmaDecay, options.EmaWarmUp, pool)) : null;
            _checkpoints = new RunCheckpoints(folder, Info, model.Parameters, _step.Optimizer, _ema, _ranks, _logger);
            _explanations = options.ExplainEvery > 0 && IsFirstRank
                ? Own(EpochExplanations.Of(model, (evaluator as ClassificationEvaluator)?.Dataset ?? training, folder, pool))
                : null;
            _position = _checkpoints.Begin(resume);
            _position.Require(folder.LastCheckpointPath, options, _stepsPerEpoch, training.Count, _objective.Metrics.Count);
            _position = _position with { Samples = training.Count };
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Description of the model, as the checkpoints hold it.</summary>
    public ModelInfo Info { get; }

    /// <summary>Seconds trained so far, in this and earlier sessions, evaluation apart.</summary>
    public double Seconds => _position.Seconds;

    private bool IsFirstRank => _ranks.Rank == 0;

    private double LastRate => _schedule.RateAt(Math.Max(_position.Step - 1, 0));

    /// <summary>Trains to the end: the last epoch, or the point that <see cref="TrainingOptions.Patience"/> ends the run at.</summary>
    /// <param name="progress">Told after each step.</param>
    /// <param name="epochs">Told after each epoch.</param>
    /// <param name="cancellation">Stops between two steps; a checkpoint of that point is written first.</param>
    /// <exception cref="OperationCanceledException">Training was stopped; it can be resumed.</exception>
    /// <exception cref="DivergenceException">The loss or a gradient is not finite; the last checkpoint stays.</exception>
    /// <exception cref="Formats.UnwritableFileException">The run folder cannot be written any longer.</exception>
    /// <exception cref="UnusableDataException">
    /// More samples cannot be read than <see cref="TrainingOptions.MaxUnreadable"/> allows; the steps so far are kept, as after an
    /// interruption.
    /// </exception>
    public void Run(
        IProgress<TrainingProgress>? progress = null, IProgress<EpochResult>? epochs = null, CancellationToken cancellation = default)
    {
        // What was logged of epochs after this point is repeated; the epoch before it ended with this very step.
        using MetricsLog? log = IsFirstRank ? new MetricsLog(_folder, (long)_position.Epoch * _stepsPerEpoch) : null;
        _logger.Begins(
            Info.Name,
            _model.Parameters.ParameterCount,
            _loader.BatchesPerEpoch / _options.Shards,
            _options.BatchSize,
            _position.Epoch + 1,
            _options.Epochs,
            _folder.Path);
        try
        {
            while (!_position.IsEnd(_options))
            {
                TrainEpoch(progress, cancellation);
                EpochResult result = EndEpoch(log, cancellation);
                _logger.Ends(result, _options.Epochs);
                epochs?.Report(result);
            }

            if (_position.Epoch < _options.Epochs)
            {
                _logger.StoppedEarly(_position.Epoch, _position.Stale);
            }

            _model.Refresh();
        }
        catch (UnusableDataException) when (_position.Step > 0)
        {
            Save();
            throw;
        }
        catch (OperationCanceledException)
        {
            Save();
            _logger.Stopped(_position.Step, _folder.LastCheckpointPath);
            throw;
        }
    }

    /// <summary>Frees all memory but the model's, and stops the loader.</summary>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? owned))
        {
            owned.Dispose();
        }

        if (IsFirstRank)
        {
            _folder.Release();
        }
    }

    private T Own<T>(T owned)
        where T : IDisposable
    {
        _owned.Push(owned);
        return owned;
    }
}
