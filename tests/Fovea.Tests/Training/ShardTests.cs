using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Shards of a batch, run by one process or shared among ranks.</summary>
public sealed class ShardTests : IDisposable
{
    private readonly TinyRun _run = new();

    private static TrainingOptions Options { get; } = TinyRun.Options with { Shards = 4, CheckpointMinutes = 0 };

    [Fact]
    public void A_run_ends_with_the_same_bits_for_any_number_of_ranks_and_threads() =>
        _run.AssertSameForAnyNumberOfRanks(Options, threads: 3);

    [Fact]
    public void A_run_that_accumulates_and_mixes_is_resumed_by_more_or_fewer_ranks_to_the_same_bits()
    {
        TrainingOptions options = Options with
        {
            BatchSize = 4,
            AccumulationSteps = 2,
            Shards = 2,
            Mixing = new Mixing { MixupAlpha = 0.5 },
            Epochs = 3,
        };
        RunFolder straight = _run.NewFolder("straight");
        _run.Train(options, straight);
        RunFolder interrupted = _run.NewFolder("interrupted");
        bool resume = false;
        foreach (int size in new[] { 2, 1, 2 })
        {
            using CancellationTokenSource stop = new();
            int steps = 0;
            Assert.Throws<OperationCanceledException>(() => ThreadCollective.Run(size, ranks => _run.Train(
                options,
                interrupted,
                resume,
                threads: 1,
                onStep: () => StopAt(Interlocked.Increment(ref steps), 2 * size, stop),
                cancellation: stop.Token,
                ranks: ranks)));
            resume = true;
        }

        _run.Train(options, interrupted, resume: true);
        TinyRun.AssertSame(straight, interrupted, options.Epochs);
    }

    [Fact]
    public void A_step_is_made_of_the_mean_gradient_and_the_mean_running_statistics_of_its_shards()
    {
        TrainingOptions options = new()
        {
            BatchSize = 4,
            Optimizer = OptimizerKind.Sgd,
            WeightDecay = 0,
            Momentum = 0,
            ClipNorm = 0,
            Seed = 3,
        };
        Batch[] shards = [ShardOf(0), ShardOf(1)];
        (float[] weights, float[] statistics) = AfterAStep(options with { Shards = 2 }, shards);
        (float[] first, float[] firstStatistics) = AfterAStep(options with { BatchSize = 2 }, shards[0]);
        (float[] second, float[] secondStatistics) = AfterAStep(options with { BatchSize = 2 }, shards[1]);
        Assert.Equal(firstStatistics.Zip(secondStatistics, (a, b) => (a + b) / 2), statistics);
        Assert.All(
            weights.Zip(first.Zip(second, (a, b) => (a + b) / 2)),
            pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(4, 3)]
    [InlineData(4, 8)]
    public void Ranks_that_cannot_share_the_shards_evenly_are_refused(int shards, int size)
    {
        RunFolder folder = _run.NewFolder("refused");
        CollectiveException error = Assert.Throws<CollectiveException>(
            () => ThreadCollective.Run(size, ranks => _run.Train(Options with { Shards = shards }, folder, ranks: ranks)));
        Assert.Contains($"{size} processes cannot share", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(16)]
    public void Shards_are_a_power_of_two_that_divides_the_batch(int shards) =>
        Assert.Throws<ArgumentException>((Options with { Shards = shards }).Validate);

    [Fact]
    public void Ranks_with_other_options_are_found_before_the_first_step()
    {
        RunFolder folder = _run.NewFolder("differ");
        CollectiveException error = Assert.Throws<CollectiveException>(() => ThreadCollective.Run(
            4, ranks => _run.Train(Options with { Seed = ranks.Rank == 2 ? 8UL : 7UL }, folder, ranks: ranks)));
        Assert.Contains("Process 3 of 4 has other options", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.LastCheckpointPath));
    }

    [Fact]
    public void Ranks_with_other_images_are_told_from_those_with_other_options()
    {
        CollectiveException error = Assert.Throws<CollectiveException>(() => ThreadCollective.Run(2, ranks => RankAgreement.Require(
            ranks, Options with { Seed = (ulong)ranks.Rank }, ranks.Rank == 1 ? _run.Validation : _run.Training)));
        Assert.Contains("Process 2 of 2 has other training images", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_loss_that_is_no_number_on_one_rank_stops_all_at_the_same_step_and_the_checkpoint_before_it_stays(bool syncBatchNorm)
    {
        TrainingOptions sound = Options with { SyncBatchNorm = syncBatchNorm };
        TrainingOptions options = sound with { BatchTransforms = [new BrokenBatch(6)] };
        RunFolder folder = _run.NewFolder("diverged");
        int stopped = 0;
        ThreadCollective.Run(2, ranks =>
        {
            DivergenceException error = Assert.Throws<DivergenceException>(() => _run.Train(options, folder, threads: 1, ranks: ranks));
            Assert.Equal((1L, true), (error.Step, error.Where?.Length > 0));
            Interlocked.Increment(ref stopped);
        });
        Assert.Equal(2, stopped);
        _run.Train(sound, folder, resume: true);
        RunFolder expected = _run.NewFolder("sound");
        _run.Train(sound, expected);
        TinyRun.AssertSame(expected, folder, sound.Epochs);
    }

    [Fact]
    public void The_loaders_of_all_ranks_together_prepare_each_batch_once()
    {
        List<int>[] given = [.. Enumerable.Range(0, 3).Select(rank => Numbers(new BatchShare(rank * 2, 2, 6), first: 6))];
        Assert.Equal([6, 7, 12, 13, 18, 19], given[0]);
        Assert.Equal([10, 11, 16, 17, 22, 23], given[2]);
        Assert.Equal(Enumerable.Range(6, 18), given.SelectMany(numbers => numbers).Order());
    }

    public void Dispose() => _run.Dispose();

    private static void StopAt(int steps, int at, CancellationTokenSource stop)
    {
        if (steps == at)
        {
            stop.Cancel();
        }
    }

    private List<int> Numbers(BatchShare share, int first)
    {
        DataLoaderOptions options = new() { BatchSize = 1, Share = share, Threads = 2 };
        using DataLoader loader = new(_run.Training, TinyRun.Options.Preprocessing, options);
        return [.. loader.Epoch(0, first).Select(batch => batch.Number)];
    }

    private static (float[] Weights, float[] Statistics) AfterAStep(TrainingOptions options, params Batch[] parts)
    {
        using Model model = Model.Create("cmt_nano", new ModelOptions(3, TinyImages.Side, TinyImages.Side, DropPath: 0), seed: 3);
        using TrainingStep step = new(model, new ClassificationObjective(), options);
        for (int part = 0; part < parts.Length; part++)
        {
            step.Run(parts[part], 0, part, 0.1, new double[1]);
        }

        return ([.. model.Parameters.Weights.Data], [.. model.Parameters.Statistics.Data]);
    }

    private static Batch ShardOf(int number)
    {
        Batch batch = new(2, new LabelLayout(TinyRun.Options.Preprocessing).Fields) { Count = 2, Number = number };
        KeyedRandom random = new(5, (ulong)number);
        foreach (ref float value in batch.Images.AsSpan())
        {
            value = (float)random.NextNormal();
        }

        (batch.Labels[0], batch.Labels[1]) = (number, 2);
        return batch;
    }

    /// <summary>Makes one batch of every epoch no number.</summary>
    private sealed class BrokenBatch(int number) : IBatchTransform
    {
        public void Apply(Batch batch, ref KeyedRandom random)
        {
            if (batch.Number == number)
            {
                batch.Images[0] = float.NaN;
            }
        }
    }
}
