using Fovea.Checkpoints;
using Fovea.Collectives;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Microsoft.Extensions.Logging;

namespace Fovea.Training;

/// <summary>
/// The two checkpoints of a run: the last one, from which it goes on, and the best one, which holds the averages where there are any.
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="info">Description of the model.</param>
/// <param name="parameters">Its parameters.</param>
/// <param name="optimizer">The optimiser.</param>
/// <param name="ema">The averages, where there are any.</param>
/// <param name="ranks">Processes that train together, the first of which reads and writes files.</param>
/// <param name="logger">Told of each file written.</param>
internal sealed class RunCheckpoints(
    RunFolder folder,
    ModelInfo info,
    ParameterStore parameters,
    Optimizer optimizer,
    EmaWeights? ema,
    ICollective ranks,
    ILogger logger)
{
    private readonly TrainingState _state = new(info, parameters, optimizer, ema);

    /// <summary>Begins the run with the values as they are, or with those of the last checkpoint; the first rank's count.</summary>
    /// <param name="resume">True to take everything over from the last checkpoint.</param>
    /// <exception cref="Formats.InvalidFileException">The file is missing or broken, or belongs to another run.</exception>
    public TrainingPosition Begin(bool resume)
    {
        TrainingPosition position = resume && ranks.Rank == 0 ? _state.Load(folder.LastCheckpointPath) : new TrainingPosition();
        if (resume && ranks.Rank == 0 && RunClock.Read(folder.ClockPath) is RunClock clock)
        {
            position = position with { Seconds = clock.Seconds, EpochSeconds = clock.EpochSeconds };
        }

        if (ranks.Size > 1)
        {
            position = TrainingPosition.FromJson(ranks.Share(position.ToJson()));
            _state.Share(ranks);
            optimizer.Iterations = position.Step;
        }

        return position;
    }

    /// <summary>Puts the averages in the place of the weights until the result is disposed of; without averages nothing happens.</summary>
    public IDisposable? WithBestWeights()
    {
        ema?.Exchange();
        return ema is null ? null : new Exchanged(ema);
    }

    /// <summary>Writes the weights as they are now as the best ones.</summary>
    /// <exception cref="Formats.UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    public void SaveBest()
    {
        if (ranks.Rank > 0)
        {
            return;
        }

        Checkpoint.Save(folder.BestCheckpointPath, info, parameters);
        logger.Written(folder.BestCheckpointPath);
    }

    /// <summary>Writes the checkpoint from which the run goes on.</summary>
    /// <param name="position">Point of the run.</param>
    /// <exception cref="Formats.UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    public void SaveLast(TrainingPosition position)
    {
        if (ranks.Rank > 0)
        {
            return;
        }

        new RunClock(position.Seconds, position.EpochSeconds).Write(folder.ClockPath);
        _state.Save(folder.LastCheckpointPath, position with { Seconds = 0, EpochSeconds = 0 });
        logger.Written(folder.LastCheckpointPath);
    }

    /// <summary>Stops a run whose weights are not finite, before they take a good checkpoint's place.</summary>
    /// <param name="position">Point of the run, for the message.</param>
    /// <param name="learningRate">Learning rate of the last step, for the message.</param>
    /// <exception cref="DivergenceException">A parameter is not finite.</exception>
    public void RequireFinite(TrainingPosition position, double learningRate)
    {
        if (Checkpoint.FirstNonFinite(parameters) is string name)
        {
            throw new DivergenceException(position.Step - 1, learningRate, double.NaN, name);
        }
    }

    private sealed class Exchanged(EmaWeights ema) : IDisposable
    {
        public void Dispose() => ema.Exchange();
    }
}
