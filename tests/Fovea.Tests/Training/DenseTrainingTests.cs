using Fovea.Collectives;
using Fovea.Engine.Execution;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Runs of a dense task on eight training and three validation images, in folders that go with the test.</summary>
public abstract class DenseTrainingTests : IDisposable
{
    private protected TemporaryFolder Folder { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract Trainer CreateTrainer(
        TrainingOptions options, RunFolder folder, bool resume, WorkerPool pool, int threads, ICollective? ranks);

    private protected static double[] LossesOf(RunFolder folder) => [.. folder.ReadMetrics().Select(line => (double)line["loss"]!)];

    private protected RunFolder Train(string name, TrainingOptions options, int threads = 2)
    {
        RunFolder folder = RunFolder.Create(Folder.File(name));
        Run(folder, options, threads: threads);
        return folder;
    }

    /// <summary>Stops a run of two epochs after every second step, and asserts that it ends as the one that was not stopped.</summary>
    private protected void AssertEndsAlikeWhenInterrupted(RunFolder straight, TrainingOptions options, int threads = 2)
    {
        RunFolder interrupted = RunFolder.Create(Folder.File("interrupted"));
        for (int stop = 1; stop <= 3; stop++)
        {
            using CancellationTokenSource cancellation = new();
            Assert.Throws<OperationCanceledException>(() => Run(interrupted, options, stop > 1, threads, cancellation));
        }

        Run(interrupted, options, resume: true, threads);
        Assert.Equal(File.ReadAllBytes(straight.BestCheckpointPath), File.ReadAllBytes(interrupted.BestCheckpointPath));
        Assert.Equal(LossesOf(straight), LossesOf(interrupted));
    }

    /// <summary>Trains on one rank and on two, and asserts that both end alike.</summary>
    private protected void AssertTwoRanksEndAsOne(TrainingOptions options)
    {
        RunFolder one = Train("one", options);
        RunFolder two = RunFolder.Create(Folder.File("two"));
        ThreadCollective.Run(2, ranks => Run(two, options, threads: 1, ranks: ranks));
        Assert.Equal(File.ReadAllBytes(one.BestCheckpointPath), File.ReadAllBytes(two.BestCheckpointPath));
        Assert.Equal(FiguresOf(one), FiguresOf(two));
    }

    private static string[] FiguresOf(RunFolder folder) =>
    [
        .. folder.ReadMetrics().Select(line => string.Join(
            " ", line.Where(entry => entry.Key is not ("seconds" or "imagesPerSecond")).Select(entry => $"{entry.Key} {entry.Value}"))),
    ];

    /// <summary>Trains to the end, or to the second step where that stops it.</summary>
    private void Run(
        RunFolder folder,
        TrainingOptions options,
        bool resume = false,
        int threads = 2,
        CancellationTokenSource? afterTwoSteps = null,
        ICollective? ranks = null)
    {
        using WorkerPool pool = new(threads);
        using Trainer trainer = CreateTrainer(options, folder, resume, pool, threads, ranks);
        trainer.Run(new SecondStep(() => afterTwoSteps?.Cancel()), cancellation: afterTwoSteps?.Token ?? default);
    }

    private sealed class SecondStep(Action reached) : IProgress<TrainingProgress>
    {
        private int _steps;

        public void Report(TrainingProgress value)
        {
            if (++_steps == 2)
            {
                reached();
            }
        }
    }
}
