using Fovea.Checkpoints;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Optimization;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fovea.Training;

/// <summary>How far training is, told after each step.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Epochs">All epochs.</param>
/// <param name="Done">Images shown in this epoch.</param>
/// <param name="Total">Images of an epoch.</param>
/// <param name="Loss">Mean loss of this epoch so far.</param>
/// <param name="Accuracy">Share of this epoch's images predicted right so far.</param>
/// <param name="LearningRate">The learning rate of the step.</param>
public readonly record struct TrainingProgress(int Epoch, int Epochs, int Done, int Total, double Loss, double Accuracy, double LearningRate);

/// <summary>One epoch's figures.</summary>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Loss">Mean training loss.</param>
/// <param name="Accuracy">Share of training images predicted right while training.</param>
/// <param name="LearningRate">The learning rate of the last step.</param>
/// <param name="ImagesPerSecond">Training images per second.</param>
/// <param name="Seconds">Seconds of training, evaluation apart.</param>
/// <param name="Validation">The evaluation, null where there is no validation set.</param>
public sealed record EpochResult(int Epoch, double Loss, double Accuracy, double LearningRate, double ImagesPerSecond, double Seconds, Evaluation? Validation);

/// <summary>
/// Trains a network on images. After each epoch it evaluates, appends to the run's log and writes the checkpoints, so that a run that was interrupted
/// anywhere goes on from its last checkpoint and ends with the same bits as one that was not.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly RunFolder _folder;
    private readonly IImageDataset? _validation;
    private readonly DataLoader _loader;
    private readonly int _loaderThreads;
    private readonly Network _network;
    private readonly ParameterStore _state;
    private readonly Network? _emaNetwork;
    private readonly ParameterStore? _ema;
    private readonly Ema? _averaging;
    private readonly TrainingStep _step;
    private readonly Evaluator? _evaluator;
    private readonly LearningRateSchedule _schedule;
    private readonly ILogger _logger;
    private TrainingPosition _position;

    /// <summary>Prepares a run.</summary>
    /// <param name="options">What decides the weights.</param>
    /// <param name="training">The training images.</param>
    /// <param name="validation">Images to evaluate on after each epoch, or null.</param>
    /// <param name="folder">Where the run is kept.</param>
    /// <param name="resume">Whether to go on from the folder's last checkpoint.</param>
    /// <param name="pool">The threads to train on; the shared pool where none is given.</param>
    /// <param name="loaderThreads">Threads that prepare images.</param>
    /// <param name="logger">Told what a log of the run should hold: its beginning, each epoch, checkpoints, an interruption.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ShapeException">The network does not take images of the preprocessing's size.</exception>
    /// <exception cref="InvalidFileException">The checkpoint to begin with is missing, broken or does not fit, or that to resume from is of another run.</exception>
    /// <exception cref="InvalidDatasetException">The validation set has other classes than the training set.</exception>
    public Trainer(
        TrainingOptions options,
        IImageDataset training,
        IImageDataset? validation,
        RunFolder folder,
        bool resume = false,
        WorkerPool? pool = null,
        int loaderThreads = 1,
        ILogger? logger = null)
    {
        options.Validate();
        if (validation is not null)
        {
            ClassCheck.Require(training.Classes, validation, "The validation set", "the training set");
        }

        (_options, _folder, _validation, _loaderThreads, _logger) = (options, folder, validation, loaderThreads, logger ?? NullLogger.Instance);
        pool ??= WorkerPool.Shared;
        Info = new ModelInfo(
            options.Model,
            new ModelOptions(training.Classes.Count, options.Preprocessing.Height, options.Preprocessing.Width, options.DropPath, options.Dropout),
            training.Classes,
            options.Preprocessing);
        _network = Info.CreateNetwork();
        _state = new ParameterStore(_network);
        _state.Initialize(options.Seed);
        if (options.EmaDecay > 0)
        {
            _emaNetwork = Info.CreateNetwork();
            _ema = new ParameterStore(_emaNetwork);
            _ema.Initialize(options.Seed);
            _averaging = new Ema([_ema.Weights, _ema.Statistics], [_state.Weights, _state.Statistics], pool);
        }

        if (options.From is string checkpoint && !resume)
        {
            Begin(checkpoint);
        }

        _loader = new DataLoader(training, options.Preprocessing, new DataLoaderOptions
        {
            BatchSize = options.BatchSize,
            Seed = options.Seed,
            Augmentation = options.Augmentation,
            Threads = loaderThreads,
        });
        long steps = _loader.BatchesPerEpoch;
        _schedule = LearningRateSchedule.Cosine(options.LearningRate, steps * options.Epochs, (long)(steps * options.WarmUpEpochs), options.MinLearningRate);
        _step = new TrainingStep(_network, _state, options, pool);
        _position = resume ? Resume() : new TrainingPosition();
        _evaluator = validation is null ? null : new Evaluator(_emaNetwork ?? _network, options.Preprocessing, options.BatchSize, pool);
    }

    /// <summary>What the weights are.</summary>
    public ModelInfo Info { get; }

    /// <summary>The seconds trained so far, in this and earlier sessions, evaluation apart.</summary>
    public double Seconds => _position.Seconds;

    /// <summary>Trains to the end.</summary>
    /// <param name="progress">Told after each step.</param>
    /// <param name="epochs">Told after each epoch.</param>
    /// <param name="cancellation">Stops between two steps; a checkpoint of that point is written first.</param>
    /// <exception cref="OperationCanceledException">Training was stopped; it can be resumed.</exception>
    /// <exception cref="DivergenceException">The loss or a gradient is not finite; the last checkpoint stays.</exception>
    /// <exception cref="UnwritableFileException">The run folder cannot be written any longer.</exception>
    /// <exception cref="UnusableDataException">An image cannot be read.</exception>
    public void Run(IProgress<TrainingProgress>? progress = null, IProgress<EpochResult>? epochs = null, CancellationToken cancellation = default)
    {
        // What was logged of epochs after this point is repeated; the epoch before it ended with this very step.
        long recorded = (long)_position.Epoch * _loader.BatchesPerEpoch;
        _folder.CutMetricsAfter(recorded);
        using TensorBoardWriter log = new(_folder.Path, "train", recorded + 1);
        _logger.Begins(Info.Name, _state.ParameterCount, _loader.BatchesPerEpoch, _options.BatchSize, _position.Epoch + 1, _options.Epochs, _folder.Path);
        try
        {
            while (_position.Epoch < _options.Epochs)
            {
                EpochResult result = RunEpoch(progress, cancellation);
                Record(result, log);
                _logger.Ends(result, _options.Epochs);
                epochs?.Report(result);
            }
        }
        catch (OperationCanceledException)
        {
            SaveLast();
            _logger.Stopped(_position.Step, _folder.LastCheckpointPath);
            throw;
        }
    }

    /// <summary>Frees all memory and stops the loader.</summary>
    public void Dispose()
    {
        _loader.Dispose();
        _step.Dispose();
        _evaluator?.Dispose();
        _state.Dispose();
        _ema?.Dispose();
    }

    /// <summary>The learning rate of the last step done.</summary>
    private double LastRate => _schedule.RateAt(Math.Max(_position.Step - 1, 0));

    private EpochResult RunEpoch(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        int total = _loader.BatchesPerEpoch * _options.BatchSize;
        Stopwatch sinceStep = Stopwatch.StartNew();
        Stopwatch sinceCheckpoint = Stopwatch.StartNew();
        foreach (Batch batch in _loader.Epoch(_position.Epoch, _position.Batch, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            double rate = _schedule.RateAt(_position.Step);
            (double loss, int correct) = _step.Run(batch, _position.Step, rate);
            UpdateEma();
            _position = _position.After(loss * batch.Count, correct, batch.Count, sinceStep.Elapsed.TotalSeconds);
            sinceStep.Restart();
            progress?.Report(new TrainingProgress(
                _position.Epoch, _options.Epochs, _position.Shown, total, _position.LossSum / _position.Shown, (double)_position.Correct / _position.Shown, rate));
            if (sinceCheckpoint.Elapsed.TotalMinutes >= _options.CheckpointMinutes)
            {
                SaveLast();
                sinceCheckpoint.Restart();
            }
        }

        Evaluation? evaluation = Validate(cancellation);
        return new EpochResult(
            _position.Epoch,
            _position.LossSum / _position.Shown,
            (double)_position.Correct / _position.Shown,
            LastRate,
            _position.Shown / _position.EpochSeconds,
            _position.Seconds,
            evaluation);
    }

    private Evaluation? Validate(CancellationToken cancellation)
    {
        if (_evaluator is null)
        {
            return null;
        }

        _evaluator.Refresh();
        Evaluation evaluation = _evaluator.Evaluate(_validation!, _loaderThreads, cancellation: cancellation);
        return double.IsFinite(evaluation.Loss)
            ? evaluation
            : throw new DivergenceException(_position.Step - 1, LastRate, evaluation.Loss, "the evaluation after the step");
    }

    private void UpdateEma()
    {
        // The average follows faster at the beginning, when there is little to average.
        double decay = Math.Min(_options.EmaDecay, (1.0 + _position.Step) / (10.0 + _position.Step));
        _averaging?.Update(decay);
    }

    private void Record(EpochResult result, TensorBoardWriter log)
    {
        RequireFinite();
        double score = result.Validation?.Top1 ?? result.Accuracy;
        bool best = score > _position.Best;
        long step = _position.Step;
        _position = _position.NextEpoch(Math.Max(score, _position.Best));
        if (best)
        {
            Checkpoint.Save(_folder.BestCheckpointPath, Info, _ema ?? _state);
            _logger.Written(_folder.BestCheckpointPath);
        }

        JsonObject line = new()
        {
            ["epoch"] = result.Epoch + 1,
            ["loss"] = result.Loss,
            ["accuracy"] = result.Accuracy,
            ["learningRate"] = result.LearningRate,
            ["imagesPerSecond"] = Math.Round(result.ImagesPerSecond, 1),
            ["seconds"] = Math.Round(result.Seconds, 3),
        };
        log.AddScalar("loss/train", step, result.Loss);
        log.AddScalar("accuracy/train", step, result.Accuracy);
        log.AddScalar("learning_rate", step, result.LearningRate);
        if (result.Validation is Evaluation validation)
        {
            line["validationLoss"] = validation.Loss;
            line["top1"] = validation.Top1;
            line["top5"] = validation.Top5;
            log.AddScalar("loss/validation", step, validation.Loss);
            log.AddScalar("accuracy/validation", step, validation.Top1);
        }

        _folder.AppendMetrics(step, line);
        SaveLast();
    }

    /// <summary>Weights that are not finite never take a good checkpoint's place.</summary>
    private void RequireFinite()
    {
        if (Checkpoint.FirstNonFinite(_state) is string name)
        {
            throw new DivergenceException(_position.Step - 1, LastRate, double.NaN, name);
        }
    }

    private void SaveLast()
    {
        RequireFinite();
        List<SafeTensor> tensors = [];
        for (int i = 0; i < _step.Optimizer.State.Count; i++)
        {
            OptimizerState state = _step.Optimizer.State[i];
            tensors.Add(SafeTensor.FromFloats($"{Checkpoint.TrainingPrefix}optimizer.{i}", [(int)state.Length], () => state.Data));
        }

        if (_ema is not null)
        {
            tensors.Add(SafeTensor.FromFloats($"{Checkpoint.TrainingPrefix}average.weights", [(int)_ema.Weights.Length], () => _ema.Weights.Data));
            tensors.Add(SafeTensor.FromFloats($"{Checkpoint.TrainingPrefix}average.statistics", [(int)_ema.Statistics.Length], () => _ema.Statistics.Data));
        }

        Checkpoint.Save(_folder.LastCheckpointPath, Info, _state, tensors, _position.ToJson());
        _logger.Written(_folder.LastCheckpointPath);
    }

    /// <summary>Fills the weights from a checkpoint; a classifier of another number of classes stays fresh.</summary>
    private void Begin(string path)
    {
        (int Height, int Width) size = (_options.Preprocessing.Height, _options.Preprocessing.Width);
        using CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(_options.Model, Classes: Info.Classes.Count, Size: size, Seed: _options.Seed));
        PositionTransfer.Resize(import.State, _state);
        if (_ema is not null)
        {
            PositionTransfer.Resize(import.State, _ema);
        }
    }

    private TrainingPosition Resume()
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(_folder.LastCheckpointPath);
        ModelInfo info = Checkpoint.ReadInfo(file);
        if (info.Name != Info.Name || info.Options != Info.Options || !info.Classes.SequenceEqual(Info.Classes) || info.Preprocessing != Info.Preprocessing)
        {
            throw new InvalidFileException(
                file.Path, "it was made with other options, another model or other classes than this run", "Resume with the data set and the config.json that the run began with.");
        }

        Checkpoint.Load(file, _state);
        for (int i = 0; i < _step.Optimizer.State.Count; i++)
        {
            file.ReadFloats($"{Checkpoint.TrainingPrefix}optimizer.{i}", _step.Optimizer.State[i].Data);
        }

        if (_ema is not null)
        {
            file.ReadFloats($"{Checkpoint.TrainingPrefix}average.weights", _ema.Weights.Data);
            file.ReadFloats($"{Checkpoint.TrainingPrefix}average.statistics", _ema.Statistics.Data);
        }

        TrainingPosition position = TrainingPosition.FromJson(file);
        _step.Optimizer.Iterations = position.Step;
        return position;
    }
}
