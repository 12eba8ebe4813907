using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class TrainerTests
{
    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Sgd)]
    public void A_run_cancelled_after_every_step_and_every_epoch_ends_with_the_bits_of_an_uninterrupted_one(OptimizerKind optimizer)
    {
        using TinyRun run = new();
        double rate = optimizer == OptimizerKind.AdamW ? 2e-3 : 0.05;
        TrainingOptions options = TinyRun.Options with { Optimizer = optimizer, LearningRate = rate };
        RunFolder straight = run.NewFolder("straight");
        run.Train(options, straight);

        RunFolder interrupted = run.NewFolder("interrupted");
        int sessions = 0;
        Assert.Throws<OperationCanceledException>(
            () => run.Train(options, interrupted, cancellation: new CancellationToken(canceled: true)));
        for (bool ended = false; !ended; sessions++)
        {
            // In turn: after the first step taken, and after the first epoch ended.
            using CancellationTokenSource cancellation = new();
            try
            {
                run.Train(
                    options,
                    interrupted,
                    resume: true,
                    onStep: sessions % 3 < 2 ? cancellation.Cancel : null,
                    onEpoch: sessions % 3 == 2 ? cancellation.Cancel : null,
                    cancellation: cancellation.Token);
                ended = true;
            }
            catch (OperationCanceledException)
            {
                Assert.True(sessions < 3 * TinyRun.BatchesPerEpoch, "The run does not come to its end.");
            }
        }

        Assert.True(sessions > 3, $"Only {sessions} sessions.");
        TinyRun.AssertSame(straight, interrupted, options.Epochs);
    }

    [Fact]
    public void A_run_cancelled_with_the_last_step_of_an_epoch_evaluates_it_when_resumed()
    {
        using TinyRun run = new();
        RunFolder straight = run.NewFolder("straight");
        run.Train(TinyRun.Options, straight);

        RunFolder interrupted = run.NewFolder("interrupted");
        using CancellationTokenSource cancellation = new();
        int steps = 0;
        Assert.Throws<OperationCanceledException>(() => run.Train(
            TinyRun.Options,
            interrupted,
            onStep: () => CancelAt(cancellation, ++steps, TinyRun.BatchesPerEpoch),
            cancellation: cancellation.Token));
        Assert.Empty(interrupted.ReadMetrics());
        run.Train(TinyRun.Options, interrupted, resume: true);
        TinyRun.AssertSame(straight, interrupted, TinyRun.Options.Epochs);
        Assert.All(interrupted.ReadMetrics(), line => Assert.True((double)line["imagesPerSecond"]! > 0));
    }

    [Fact]
    public void A_run_that_died_without_a_word_goes_on_from_its_last_checkpoint_and_repeats_no_line()
    {
        using TinyRun run = new();
        TrainingOptions options = TinyRun.Options with { CheckpointMinutes = 0 };
        RunFolder straight = run.NewFolder("straight");
        run.Train(TinyRun.Options, straight);

        RunFolder broken = run.NewFolder("broken");
        int steps = 0;
        Assert.Throws<InvalidOperationException>(() => run.Train(options, broken, onStep: () => FailAt(++steps, 2)));

        // One step is kept; two more end the epoch. Then it dies with the epoch's line written, but not yet the checkpoint after it.
        using CancellationTokenSource cancellation = new();
        steps = 0;
        Assert.Throws<OperationCanceledException>(() => run.Train(
            options, broken, resume: true, onStep: () => CancelAt(cancellation, ++steps, 2), cancellation: cancellation.Token));
        byte[] atLastStep = File.ReadAllBytes(broken.LastCheckpointPath);
        Assert.Throws<InvalidOperationException>(() => run.Train(options, broken, resume: true, onEpoch: () => FailAt(1, 1)));
        Assert.Single(broken.ReadMetrics());
        File.WriteAllBytes(broken.LastCheckpointPath, atLastStep);
        run.Train(options, broken, resume: true);
        TinyRun.AssertSame(straight, broken, options.Epochs);
    }

    [Fact]
    public void Cancellation_while_a_checkpoint_is_being_written_loses_nothing()
    {
        using TinyRun run = new();
        TrainingOptions options = TinyRun.Options with { CheckpointMinutes = 0 };
        RunFolder straight = run.NewFolder("straight");
        run.Train(TinyRun.Options, straight);

        RunFolder interrupted = run.NewFolder("interrupted");
        using CancellationTokenSource cancellation = new();
        bool ended = false;
        Thread watcher = new(() =>
        {
            while (!Volatile.Read(ref ended) && !cancellation.IsCancellationRequested)
            {
                if (Directory.GetFiles(interrupted.Path, ".last.safetensors.*").Length > 0)
                {
                    cancellation.Cancel();
                }
            }
        });
        watcher.Start();
        try
        {
            run.Train(options, interrupted, cancellation: cancellation.Token);
        }
        catch (OperationCanceledException)
        {
            AssertLoads(interrupted.LastCheckpointPath);
        }
        finally
        {
            Volatile.Write(ref ended, true);
            watcher.Join();
        }

        run.Train(options, interrupted, resume: true);
        TinyRun.AssertSame(straight, interrupted, options.Epochs);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        using TinyRun run = new();
        TrainingOptions options = TinyRun.Options with { Epochs = 1 };
        RunFolder[] folders = [.. Enumerable.Range(1, 3).Select(threads => run.NewFolder($"threads{threads}"))];
        for (int i = 0; i < folders.Length; i++)
        {
            run.Train(options, folders[i], threads: i + 1);
            TinyRun.AssertSame(folders[0], folders[i], options.Epochs);
        }
    }

    [Fact]
    public void Divergence_names_step_rate_and_layer_and_leaves_the_good_checkpoint()
    {
        using TinyRun run = new();
        RunFolder folder = run.NewFolder("run");
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(
            () => run.Train(TinyRun.Options, folder, onEpoch: cancellation.Cancel, cancellation: cancellation.Token));
        byte[] good = File.ReadAllBytes(folder.LastCheckpointPath);

        TrainingOptions steep = TinyRun.Options with { LearningRate = 1e6, ClipNorm = 0 };
        DivergenceException error = Assert.Throws<DivergenceException>(() => run.Train(steep, folder, resume: true));
        Assert.True(error.Step > TinyRun.BatchesPerEpoch, error.Message);
        Assert.True(error.LearningRate > 1e4, error.Message);
        Assert.Contains($"step {error.Step} ", error.Message, StringComparison.Ordinal);
        Assert.Contains(" at ", error.Where!, StringComparison.Ordinal);
        Assert.Equal(good, File.ReadAllBytes(folder.LastCheckpointPath));
        AssertLoads(folder.LastCheckpointPath);
        AssertLoads(folder.BestCheckpointPath);
        run.Train(TinyRun.Options, folder, resume: true);
    }

    [Fact]
    public void Weights_that_are_not_finite_are_never_saved()
    {
        using TinyRun run = new();
        RunFolder folder = run.NewFolder("run");
        TrainingOptions options = TinyRun.Options with
        {
            Optimizer = OptimizerKind.Sgd,
            LearningRate = 1e300,
            ClipNorm = 0,
            WarmUpEpochs = 0,
            CheckpointMinutes = 0,
        };
        DivergenceException error = Assert.Throws<DivergenceException>(() => run.Train(options, folder));
        Assert.Equal(0, error.Step);
        Assert.False(File.Exists(folder.LastCheckpointPath));
    }

    [Fact]
    public void A_checkpoint_of_other_options_is_not_resumed()
    {
        using TinyRun run = new();
        RunFolder folder = run.NewFolder("run");
        Assert.Throws<OperationCanceledException>(
            () => run.Train(TinyRun.Options, folder, cancellation: new CancellationToken(canceled: true)));
        TrainingOptions[] others =
        [
            TinyRun.Options with { DropPath = 0.3f },
            TinyRun.Options with { Preprocessing = TinyRun.Options.Preprocessing with { Mean = [0, 0, 0] } },
        ];
        Assert.All(others, other => Assert.Throws<InvalidFileException>(() => run.Train(other, folder, resume: true)));

        // Another optimiser remembers other things.
        TrainingOptions sgd = TinyRun.Options with { EmaDecay = 0, Optimizer = OptimizerKind.Sgd };
        Assert.Throws<InvalidFileException>(() => run.Train(sgd, Without(folder, "optimizer.0"), resume: true));
    }

    [Fact]
    public void A_validation_set_of_other_classes_is_refused()
    {
        using TemporaryFolder folder = new();
        IImageDataset training = Datasets.Open(TinyImages.Write(folder.File("training"), 4));
        IImageDataset validation = Datasets.Open(TinyImages.Write(folder.File("validation"), 2, 2, "apple", "cloud", "bread2"));
        InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(
            () => Trainer.ForClassification(TinyRun.Options, training, validation, RunFolder.Create(folder.File("run"))));
        Assert.Contains("bread2", error.Message, StringComparison.Ordinal);
    }

    private static void CancelAt(CancellationTokenSource cancellation, int steps, int last)
    {
        if (steps == last)
        {
            cancellation.Cancel();
        }
    }

    private static void FailAt(int count, int last)
    {
        if (count == last)
        {
            throw new InvalidOperationException("The test ends the run here.");
        }
    }

    private static void AssertLoads(string path)
    {
        using Model model = Checkpoint.Load(path);
        Assert.Null(Checkpoint.FirstNonFinite(model.Parameters));
    }

    private static RunFolder Without(RunFolder folder, string ending)
    {
        TestCheckpoint.Rewrite(
            folder.LastCheckpointPath,
            folder.LastCheckpointPath,
            tensors => tensors.RemoveAll(tensor => tensor.Name.EndsWith(ending, StringComparison.Ordinal)));
        return folder;
    }
}
