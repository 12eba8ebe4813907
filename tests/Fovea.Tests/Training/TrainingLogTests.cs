using Fovea.Data;
using Fovea.Training;
using Microsoft.Extensions.Logging;

namespace Fovea.Tests.Training;

public class TrainingLogTests
{
    [Fact]
    public void A_logger_hears_of_the_beginning_of_each_epoch_of_checkpoints_and_of_an_interruption()
    {
        using TemporaryFolder folder = new();
        IImageDataset images = Datasets.Open(TinyImages.Write(folder.File("images"), 8));
        RunFolder run = RunFolder.Create(folder.File("run"));
        Messages messages = new();
        using CancellationTokenSource stop = new();
        using (Trainer trainer = Trainer.ForClassification(TinyRun.Options, images, null, run, logger: messages))
        {
            int steps = 0;
            Assert.Throws<OperationCanceledException>(() => trainer.Run(new Steps(() =>
            {
                if (++steps == TinyRun.BatchesPerEpoch + 1)
                {
                    stop.Cancel();
                }
            }), cancellation: stop.Token));
        }

        Assert.Collection(
            messages.Lines,
            line => Assert.Matches(
                @"^Information Training cmt_nano of \d+ parameters: 3 batches of 8 an epoch, from epoch 1 to 2, in .*run$", line),
            line => Assert.Equal($"Debug Wrote {run.BestCheckpointPath}", line),
            line => Assert.Equal($"Debug Wrote {run.LastCheckpointPath}", line),
            line => Assert.Matches(@"^Information Epoch 1 of 2: loss \d\.\d{4}, accuracy \d\.\d{4}, \d+ images/s$", line),
            line => Assert.Equal($"Debug Wrote {run.LastCheckpointPath}", line),
            line => Assert.Equal($"Warning Stopped after step 4; {run.LastCheckpointPath} goes on from there", line));

        messages.Lines.Clear();
        using Trainer evaluated = Trainer.ForClassification(
            TinyRun.Options with { Epochs = 1 }, images, images, RunFolder.Create(folder.File("other")), logger: messages);
        evaluated.Run();
        Assert.Matches(
            @"^Information Epoch 1 of 1: .*, validationLoss \d\.\d{4}, top1 \d\.\d{4}, top5 1\.0000, \d+ images/s$", messages.Lines[^1]);
    }

    private sealed class Steps(Action onStep) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onStep();
    }

    private sealed class Messages : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel} {formatter(state, exception)}");
    }
}
