using Fovea.Checkpoints;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Optimization;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// The file that a run is resumed from: a checkpoint with, under names that begin with <c>training.</c>, the state of the optimiser and the
/// averages, and the <see cref="TrainingPosition"/> in the metadata.
/// </summary>
/// <param name="info">Description of the model.</param>
/// <param name="parameters">Its parameters.</param>
/// <param name="optimizer">The optimiser.</param>
/// <param name="ema">The averages, where there are any.</param>
internal sealed class TrainingState(ModelInfo info, ParameterStore parameters, Optimizer optimizer, EmaWeights? ema)
{
    /// <summary>Writes the file whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="position">Point of the run.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    public void Save(string path, TrainingPosition position) =>
        Checkpoint.Save(path, info, parameters, [.. Tensors().Select(tensor => tensor.ToFile())], position.ToJson());

    /// <summary>Takes everything over from a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Point of the run.</returns>
    /// <exception cref="InvalidFileException">The file is missing or broken, or belongs to another run.</exception>
    public TrainingPosition Load(string path)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        ModelInfo saved = Checkpoint.ReadInfo(file);
        bool same = (saved.Name, saved.Options, saved.Preprocessing) == (info.Name, info.Options, info.Preprocessing);
        if (!same || !ClassCheck.AreSame(saved.Classes, info.Classes))
        {
            throw new InvalidFileException(
                file.Path,
                "it was made with other options, another model or other classes than this run",
                "Resume with the data set and the config.json that the run began with.");
        }

        TrainingPosition position = TrainingPosition.FromJson(file);
        StateTensor[] tensors = [.. Tensors()];
        IEnumerable<string> kept = file.Tensors.Keys.Where(name => name.StartsWith(Checkpoint.TrainingPrefix, StringComparison.Ordinal));
        if (!kept.ToHashSet().SetEquals(tensors.Select(tensor => tensor.Name)))
        {
            throw new InvalidFileException(
                file.Path,
                "its state of training is that of another optimiser, or of averages that this run has not",
                "Resume with the config.json that the run began with.");
        }

        Checkpoint.Load(file, parameters);
        foreach (StateTensor tensor in tensors)
        {
            file.ReadFloats(tensor.Name, tensor.Data());
        }

        optimizer.Iterations = position.Step;
        return position;
    }

    /// <summary>Gives all ranks the values of the first.</summary>
    /// <param name="ranks">The ranks.</param>
    public void Share(ICollective ranks)
    {
        ranks.Broadcast(parameters.Weights.Data);
        ranks.Broadcast(parameters.Statistics.Data);
        foreach (StateTensor tensor in Tensors())
        {
            ranks.Broadcast(tensor.Data());
        }
    }

    private IEnumerable<StateTensor> Tensors()
    {
        for (int i = 0; i < optimizer.State.Count; i++)
        {
            OptimizerState state = optimizer.State[i];
            yield return new StateTensor($"{Checkpoint.TrainingPrefix}optimizer.{i}", state.Length, () => state.Data);
        }

        if (ema is not null)
        {
            yield return new StateTensor($"{Checkpoint.TrainingPrefix}average.weights", ema.Weights.Length, () => ema.Weights.Data);
            yield return new StateTensor(
                $"{Checkpoint.TrainingPrefix}average.statistics", ema.Statistics.Length, () => ema.Statistics.Data);
        }
    }

    private delegate Span<float> Values();

    private sealed record StateTensor(string Name, long Length, Values Data)
    {
        public SafeTensor ToFile() => SafeTensor.FromFloats(Name, [checked((int)Length)], () => Data());
    }
}
