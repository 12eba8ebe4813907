using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Progress of training on standard error: one bar for each epoch, and a line of figures when it ends.</summary>
/// <param name="context">Context whose progress line is drawn.</param>
/// <param name="epochs">Epochs of the whole run.</param>
internal sealed class EpochBars(VerbContext context, int epochs) : IProgress<TrainingProgress>, IProgress<EpochResult>, IDisposable
{
    private ProgressBar? _bar;

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        // An epoch that goes on after an interruption begins in its middle.
        _bar ??= context.Progress($"epoch {value.Epoch + 1}/{value.Epochs}", value.Total, done: value.Done);
        _bar.Report(value.Done, Counters(value.Loss, value.Metrics));
    }

    /// <inheritdoc/>
    public void Report(EpochResult value)
    {
        List<(string, string)> counters = [.. Counters(value.Loss, value.Metrics)];
        switch (value.Validation)
        {
            case Evaluation classes:
                counters.Add(("validation", Numbers.Percent(classes.Top1)));
                break;
            case EvaluationResult other:
                counters.AddRange(other.Metrics.Select(metric => (metric.Name, Numbers.Fixed(metric.Value))));
                break;
        }

        int left = epochs - value.Epoch - 1;
        if (left > 0)
        {
            counters.Add(("left", Numbers.Duration(TimeSpan.FromSeconds(value.Seconds / (value.Epoch + 1) * left))));
        }

        _bar?.Finish([.. counters]);
        _bar?.Dispose();
        _bar = null;
    }

    /// <inheritdoc/>
    public void Dispose() => _bar?.Dispose();

    private static (string Name, string Value)[] Counters(double loss, IReadOnlyList<Metric> metrics) =>
        [("loss", Numbers.Fixed(loss)), .. metrics.Select(metric => (metric.Name, Value(metric)))];

    private static string Value(Metric metric) =>
        metric.Name == ClassificationObjective.Accuracy ? Numbers.Percent(metric.Value) : Numbers.Fixed(metric.Value);
}
