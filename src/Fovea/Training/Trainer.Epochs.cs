using System.Diagnostics;
using Fovea.Data;

namespace Fovea.Training;

/// <content>One epoch: steps, evaluation, checkpoints. All ranks go through it in step, and only the first one writes.</content>
public sealed partial class Trainer
{
    private void TrainEpoch(IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        int batches = _stepsPerEpoch * _options.AccumulationSteps;
        BatchShare share = _step.Share;
        int first = _position.Batch * _options.Shards;
        int left = share.Before(batches * _options.Shards) - share.Before(first);
        double[] sums = new double[_objective.Metrics.Count];
        Stopwatch sinceStep = Stopwatch.StartNew();
        Stopwatch sinceCheckpoint = Stopwatch.StartNew();
        foreach (Batch batch in _loader.Epoch(_position.Epoch, first, Alone(cancellation)).Take(left))
        {
            Alone(cancellation).ThrowIfCancellationRequested();
            int part = batch.Number % share.Of;
            double rate = _schedule.RateAt(_position.Step);
            _step.StopWanted = cancellation.IsCancellationRequested;
            _step.Run(batch, _position.Step, part, rate, sums);
            if (part < share.First + share.Count - 1)
            {
                continue;
            }

            _ema?.Update(_position.Step);
            _position = _position.After(
                _options.AccumulationSteps,
                _step.LossSum,
                sums,
                _options.AccumulationSteps * _options.BatchSize,
                sinceStep.Elapsed.TotalSeconds);
            Array.Clear(sums);
            sinceStep.Restart();
            progress?.Report(new TrainingProgress(
                _position.Epoch,
                _options.Epochs,
                _position.Shown,
                batches * _options.BatchSize,
                _position.LossSum / _position.Shown,
                _position.Means(_objective.Metrics),
                rate));
            if (_ranks.Size > 1 && _step.IsStopAgreed)
            {
                throw new OperationCanceledException(cancellation);
            }

            if (sinceCheckpoint.Elapsed.TotalMinutes >= _options.CheckpointMinutes)
            {
                Save();
                sinceCheckpoint.Restart();
            }
        }

        Alone(cancellation).ThrowIfCancellationRequested();
    }

    /// <summary>The cancellation of a process by itself; several stop at a step that they agree on.</summary>
    private CancellationToken Alone(CancellationToken cancellation) => _ranks.Size == 1 ? cancellation : CancellationToken.None;

    /// <summary>Evaluates, keeps the best weights, writes the log's line and the last checkpoint.</summary>
    private EpochResult EndEpoch(MetricsLog? log, CancellationToken cancellation)
    {
        TrainingPosition end = _position;
        double loss = end.LossSum / end.Shown;
        IReadOnlyList<Metric> metrics = end.Means(_objective.Metrics);
        _checkpoints.RequireFinite(end, LastRate);
        SharedUnreadable.Merge(_ranks, _loader.Unreadable);
        EvaluationResult? evaluation;
        using (_checkpoints.WithBestWeights())
        {
            evaluation = _evaluator?.Evaluate(_model, null, Alone(cancellation));
            if (evaluation?.IsFinite == false)
            {
                throw new DivergenceException(end.Step - 1, LastRate, double.NaN, "the evaluation after the step");
            }

            double score = evaluation?.Score ?? _objective.Score(loss, metrics);
            bool best = end.Best is not double before || ((evaluation?.HigherIsBetter ?? true) ? score > before : score < before);
            _position = end.NextEpoch(score, best);
            if (best)
            {
                _checkpoints.SaveBest();
            }
        }

        EpochResult result = new(end.Epoch, loss, metrics, LastRate, end.Shown / end.EpochSeconds, end.Seconds, evaluation);
        log?.Append(end.Step, result);
        _checkpoints.SaveLast(_position);
        if (_explanations is not null && _position.Epoch % _options.ExplainEvery == 0)
        {
            using (_checkpoints.WithBestWeights())
            {
                _explanations.Draw(_position.Epoch);
            }
        }

        return result;
    }

    private void Save()
    {
        _checkpoints.RequireFinite(_position, LastRate);
        _checkpoints.SaveLast(_position);
    }
}
