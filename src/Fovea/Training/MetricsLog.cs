using System.Text.Json.Nodes;

namespace Fovea.Training;

/// <summary>Log of a run's epochs: lines of <c>metrics.jsonl</c> and TensorBoard events.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly RunFolder _folder;
    private readonly TensorBoardWriter _events;

    /// <summary>Opens the log to go on after a step; what was logged of later steps is removed, as the run repeats it.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="step">The step that the last whole epoch ended with.</param>
    /// <exception cref="Formats.UnwritableFileException">The folder cannot be written.</exception>
    public MetricsLog(RunFolder folder, long step)
    {
        _folder = folder;
        folder.CutMetricsAfter(step);
        _events = new TensorBoardWriter(folder.Path, "train", step + 1);
    }

    /// <summary>Adds an epoch.</summary>
    /// <param name="step">Steps of the run that are done.</param>
    /// <param name="result">The epoch's figures.</param>
    /// <exception cref="Formats.UnwritableFileException">The folder cannot be written.</exception>
    public void Append(long step, EpochResult result)
    {
        JsonObject line = new() { ["epoch"] = result.Epoch + 1, ["loss"] = result.Loss };
        _events.AddScalar("loss/train", step, result.Loss);
        foreach (Metric metric in result.Metrics)
        {
            line[metric.Name] = metric.Value;
            _events.AddScalar(metric.Tag ?? $"{metric.Name}/train", step, metric.Value);
        }

        line["learningRate"] = result.LearningRate;
        line["imagesPerSecond"] = Math.Round(result.ImagesPerSecond, 1);
        line["seconds"] = Math.Round(result.Seconds, 3);
        _events.AddScalar("learning_rate", step, result.LearningRate);
        foreach (Metric metric in result.Validation?.Metrics ?? [])
        {
            line[metric.Name] = metric.Value;
            _events.AddScalar(metric.Tag ?? $"{metric.Name}/validation", step, metric.Value);
        }

        _folder.AppendMetrics(step, line);
    }

    /// <summary>Closes the event file.</summary>
    public void Dispose() => _events.Dispose();
}
