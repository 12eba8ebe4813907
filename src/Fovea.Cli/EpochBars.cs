using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Progress of training on standard error: one bar for each epoch, and a line of figures when it ends.</summary>
/// <param name="context">Where progress goes.</param>
/// <param name="epochs">Epochs of the whole run.</param>
internal sealed class EpochBars(VerbContext context, int epochs) : IProgress<TrainingProgress>, IProgress<EpochResult>, IDisposable
{
    private ProgressBar? _bar;

    /// <inheritdoc/>
    public void Report(TrainingProgress value)
    {
        _bar ??= context.Progress($"epoch {value.Epoch + 1}/{value.Epochs}", value.Total);
        _bar.Report(value.Done, ("loss", Numbers.Fixed(value.Loss)), ("accuracy", Numbers.Percent(value.Accuracy)));
    }

    /// <inheritdoc/>
    public void Report(EpochResult value)
    {
        List<(string, string)> counters = [("loss", Numbers.Fixed(value.Loss)), ("accuracy", Numbers.Percent(value.Accuracy))];
        if (value.Validation is Evaluation validation)
        {
            counters.Add(("validation", Numbers.Percent(validation.Top1)));
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
}
