using Fovea.Checkpoints;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Engine.Compile.Cpu;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>What a finished run gives to the verb that started it.</summary>
/// <param name="Evaluation">The best checkpoint on the test images.</param>
/// <param name="Info">What was trained.</param>
/// <param name="Seconds">Seconds of training, evaluation apart.</param>
internal sealed record TrainingOutcome(Evaluation Evaluation, ModelInfo Info, double Seconds);

/// <summary>Trains with a live bar for each epoch, evaluates the best checkpoint and writes the report: what <c>train</c> and <c>quickstart</c> share.</summary>
internal static class TrainingRun
{
    /// <summary>Trains to the end.</summary>
    /// <param name="context">Where progress goes.</param>
    /// <param name="options">What decides the weights.</param>
    /// <param name="training">The training images, validation apart.</param>
    /// <param name="validation">The images by which the best epoch is chosen, or null.</param>
    /// <param name="test">The images that the best checkpoint is evaluated on; the validation or training images where null.</param>
    /// <param name="folder">Where the run is kept.</param>
    /// <param name="resume">Whether to go on from the last checkpoint.</param>
    /// <param name="threads">Threads to train on; as many as there are processors where null.</param>
    /// <param name="title">The report's headline.</param>
    /// <param name="cancellation">Stops training; a checkpoint is written first.</param>
    public static TrainingOutcome Run(
        VerbContext context,
        TrainingOptions options,
        IImageDataset training,
        IImageDataset? validation,
        IImageDataset? test,
        RunFolder folder,
        bool resume,
        int? threads,
        string title,
        CancellationToken cancellation)
    {
        using WorkerPool pool = new(threads);
        double seconds;
        ModelInfo info;
        using (Trainer trainer = new(options, training, validation, folder, resume, pool))
        {
            using EpochBars bars = new(context, options);
            trainer.Run(bars, bars, cancellation);
            (seconds, info) = (trainer.Seconds, trainer.Info);
        }

        using Classifier classifier = Classifier.Load(folder.BestCheckpointPath, options.BatchSize, pool);
        IImageDataset evaluated = test ?? validation ?? training;
        Evaluation evaluation = classifier.Evaluate(evaluated, cancellation: cancellation);
        RunReport.Write(folder, title, info, options, evaluation, evaluated);
        return new TrainingOutcome(evaluation, info, seconds);
    }

    /// <summary>One bar for each epoch, and a line of figures when it ends.</summary>
    private sealed class EpochBars(VerbContext context, TrainingOptions options) : IProgress<TrainingProgress>, IProgress<EpochResult>, IDisposable
    {
        private ProgressBar? _bar;

        public void Report(TrainingProgress value)
        {
            _bar ??= context.Progress($"epoch {value.Epoch + 1}/{value.Epochs}", value.Total);
            _bar.Report(value.Done, ("loss", Numbers.Fixed(value.Loss)), ("accuracy", Numbers.Percent(value.Accuracy)));
        }

        public void Report(EpochResult value)
        {
            List<(string, string)> counters = [("loss", Numbers.Fixed(value.Loss)), ("accuracy", Numbers.Percent(value.Accuracy))];
            if (value.Validation is Evaluation validation)
            {
                counters.Add(("validation", Numbers.Percent(validation.Top1)));
            }

            int left = options.Epochs - value.Epoch - 1;
            if (left > 0)
            {
                counters.Add(("left", Numbers.Duration(TimeSpan.FromSeconds(value.Seconds / (value.Epoch + 1) * left))));
            }

            _bar?.Finish([.. counters]);
            _bar?.Dispose();
            _bar = null;
        }

        public void Dispose() => _bar?.Dispose();
    }
}
