using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Batch normalisation over all shards of a batch together.</summary>
public sealed class SyncBatchNormTests : IDisposable
{
    private readonly TinyRun _run = new();

    private static TrainingOptions Options { get; } = TinyRun.Options with { Shards = 4, SyncBatchNorm = true, Epochs = 1 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_run_ends_with_the_same_bits_for_any_number_of_ranks_and_threads(int accumulationSteps) =>
        _run.AssertSameForAnyNumberOfRanks(Options with { AccumulationSteps = accumulationSteps }, threads: 5);

    [Fact]
    public void A_step_of_several_shards_is_that_of_the_whole_batch_up_to_rounding()
    {
        (float[] weights, float[] statistics) whole = AfterAStep(shards: 1, shared: false);
        (float[] weights, float[] statistics) shared = AfterAStep(shards: 4, shared: true);
        (float[] weights, float[] statistics) apart = AfterAStep(shards: 4, shared: false);
        Assert.InRange(Distance(whole.weights, shared.weights), 0, 1e-4);
        Assert.InRange(Distance(whole.statistics, shared.statistics), 0, 1e-5);
        Assert.True(Distance(whole.weights, apart.weights) > 1e-2, "This step does not tell whose statistics it has.");
    }

    [Fact]
    public void A_network_without_batch_normalisation_has_nothing_to_share()
    {
        CollectiveException error = Assert.Throws<CollectiveException>(
            () => _run.Train(Options with { Model = "pit_nano" }, _run.NewFolder("pit")));
        Assert.Contains("pit_nano", error.Message, StringComparison.Ordinal);
        Assert.Throws<CollectiveException>(() => _run.Train(Options with { FrozenBatchNorm = true }, _run.NewFolder("frozen")));
    }

    [Fact]
    public void A_shard_that_fails_ends_the_wait_of_the_others()
    {
        using ShardMeeting meeting = new(4, SingleRank.Instance);
        Assert.Throws<FormatException>(() => meeting.Run(shard =>
        {
            if (shard == 2)
            {
                throw new FormatException();
            }

            meeting.Places[shard].Sum([1]);
        }));
    }

    public void Dispose() => _run.Dispose();

    /// <summary>Weights and statistics after a step on eight images.</summary>
    private static (float[] Weights, float[] Statistics) AfterAStep(int shards, bool shared)
    {
        TrainingOptions options = new()
        {
            BatchSize = 8,
            Shards = shards,
            SyncBatchNorm = shared,
            Optimizer = OptimizerKind.Sgd,
            WeightDecay = 0,
            Momentum = 0,
            ClipNorm = 0,
            Seed = 3,
        };
        using Model model = Model.Create("cmt_nano", new ModelOptions(3, TinyImages.Side, TinyImages.Side, DropPath: 0), seed: 3);
        using TrainingStep step = new(model, new ClassificationObjective(), options);
        for (int shard = 0; shard < shards; shard++)
        {
            step.Run(Part(shard * 8 / shards, 8 / shards), 0, shard, 0.1, new double[1]);
        }

        return ([.. model.Parameters.Weights.Data], [.. model.Parameters.Statistics.Data]);
    }

    /// <summary>Some of the eight images, which differ in brightness, so that statistics do, too.</summary>
    private static Batch Part(int first, int count)
    {
        Batch batch = new(count, new LabelLayout(TinyRun.Options.Preprocessing).Fields) { Count = count };
        int length = batch.Images.Length / count;
        for (int image = 0; image < count; image++)
        {
            KeyedRandom random = new(5, (ulong)(first + image));
            foreach (ref float value in batch.Images.AsSpan(image * length, length))
            {
                value = (float)random.NextNormal() + (0.5f * (first + image));
            }

            batch.Labels[image] = (first + image) % 3;
        }

        return batch;
    }

    private static double Distance(float[] one, float[] other) => one.Zip(other, (a, b) => Math.Abs(a - b)).Max();
}
