using Fovea.Checkpoints;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Tests.Training.Detection;
using Fovea.Training;

namespace Fovea.Tests.Training.Segmentation;

/// <summary>Training of segmentations on the ground, red and blue squares of images of noise.</summary>
public sealed class SegmentationTrainingTests : DenseTrainingTests
{
    private static TrainingOptions Options { get; } = new()
    {
        Model = "upernet:cmt_nano",
        Epochs = 2,
        BatchSize = 2,
        LearningRate = 1e-3,
        WarmUpEpochs = 0,
        Schedule = ScheduleKind.Poly,
        EmaDecay = 0.9,
        Seed = 5,
        LayerDecay = 0.9,
        BalancedClassWeights = true,
        Segmenter = new SegmenterOptions { Channels = 8, NeckChannels = 8, AuxiliaryChannels = 8 },
        SegmentationLoss = new SegmentationLoss { HardPixels = new HardPixels(0.9, 100) },
        SegmentationAugmentation = new SegmentationAugmentation { PhotometricDistortion = new() { ExchangesChannels = false } },
        Preprocessing = new Preprocessing
        {
            Height = 32,
            Width = 48,
            Resize = ResizeRule.BoundedSides,
            ResizeTo = 32,
            LongerSide = 64,
            PadTo = 16,
            Interpolation = Fovea.Data.Interpolation.Bilinear,
            CenterCrop = false,
        },
    };

    [Fact]
    public void A_run_that_is_stopped_and_resumed_at_any_step_ends_with_the_same_bits_on_any_number_of_threads()
    {
        RunFolder straight = Train("straight", Options, threads: 1);
        AssertEndsAlikeWhenInterrupted(straight, Options, threads: 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_ranks_end_with_the_bits_of_one(bool syncBatchNorm) =>
        AssertTwoRanksEndAsOne(Options with { Shards = 2, SyncBatchNorm = syncBatchNorm, Epochs = 1 });

    [Theory]
    [InlineData("upernet:resnet_nano")]
    [InlineData("semantic_fpn:cmt_nano")]
    public void The_loss_falls_and_squares_are_told_from_the_ground(string model)
    {
        TrainingOptions options = Options with
        {
            Model = model,
            Epochs = 10,
            LearningRate = 5e-3,
            LayerDecay = 1,
            EmaDecay = 0,
            SegmentationLoss = new SegmentationLoss { AverageLabelled = true },
            SegmentationAugmentation = new SegmentationAugmentation { MinScale = 1, MaxScale = 1 },
        };
        RunFolder folder = Train("run", options);
        double[] losses = LossesOf(folder);
        Assert.True(losses[^1] < 0.7 * losses[0], $"The losses are {string.Join(", ", losses)}.");

        // Ground alone, everywhere, has 0.28.
        double[] overlaps = [.. folder.ReadMetrics().Select(line => (double)line["mIoU"]!)];
        Assert.True(overlaps.Max() > 0.33, $"The overlaps are {string.Join(", ", overlaps)}.");
        Assert.Contains("decode", folder.ReadMetrics()[0].Select(entry => entry.Key));
    }

    [Fact]
    public void A_finished_run_has_figures_and_a_report_that_shows_labels_predictions_and_wrong_pixels()
    {
        string classifier = Folder.File("classifier.safetensors");
        using (Model model = Model.Create("cmt_nano", seed: 3))
        {
            Checkpoint.Save(classifier, model);
        }

        RunFolder folder = RunFolder.Create(Folder.File("whole"));
        TrainingOptions options = Options with { Epochs = 1, BackboneFrom = classifier, FreezeBackbone = true };
        SegmentationRun run = new(options, Squares(4), folder) { Validation = Squares(2, seed: 1), Test = Squares(3, seed: 2) };
        SegmentationEvaluation evaluation = run.Run();
        RunResult result = folder.ReadResult()!;
        Assert.Equal(evaluation.Score, result.Segmentation!.MIoU);
        Assert.Equal(["ground", "red", "blue"], result.Segmentation.IoU.Keys);
        Assert.Equal(("test", 3L), (result.EvaluatedOn, result.Images));
        Assert.Equal(3 * 64 * 48, evaluation.Confusion.Total + IgnoredPixels(Squares(3, seed: 2)));
        string page = File.ReadAllText(folder.ReportPath);
        Assert.Contains("wrong pixels", page, StringComparison.Ordinal);
        Assert.Contains("mIoU", page, StringComparison.Ordinal);
        Assert.Contains("Confusion", page, StringComparison.Ordinal);
        using Model trained = Checkpoint.Load(folder.LastCheckpointPath);
        using Model beginning = Checkpoint.Load(classifier);
        Assert.Equal(
            beginning.Parameters.Tensors["stem_conv1.weight"].Variable.Data.ToArray(),
            trained.Parameters.Tensors["stem_conv1.weight"].Variable.Data.ToArray());
    }

    [Fact]
    public void Balanced_weights_are_the_median_frequency_by_those_of_the_classes()
    {
        MapsDataset maps = new(["often", "seldom", "never", "half"], [0, 0, 0, 0, 0, 0, 1, 255], [0, 0, 0, 0, 3, 3, 3, 3]);
        double[] frequencies = [10.0 / 15, 1.0 / 7, 4.0 / 8];
        Assert.Equal(
            [(float)(0.5 / frequencies[0]), (float)(0.5 / frequencies[1]), 1, 1],
            ClassFrequencies.BalancedWeights(maps));
    }

    [Fact]
    public void A_number_of_weights_that_is_not_that_of_the_classes_is_refused()
    {
        TrainingOptions options = Options with { BalancedClassWeights = false, ClassWeights = [1, 2] };
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => Trainer.ForSegmentation(options, Squares(4), null, RunFolder.Create(Folder.File("none"))));
        Assert.Contains("ClassWeights must be 3 numbers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_by_labels_and_predictions_give_the_sums_of_pixels()
    {
        Random random = new(7);
        int[] labels = [.. Enumerable.Range(0, 500).Select(_ => random.Next(5) is int label && label == 4 ? 255 : label)];
        int[] predicted = [.. labels.Select(_ => random.Next(4))];
        SegmentationSums sums = new(4);
        sums.Add(predicted, labels);
        ConfusionMatrix confusion = new(["a", "b", "c", "d"]);
        (int counted, int wrong) = confusion.Add(
            [.. labels.Select(label => (byte)label)], [.. predicted.Select(label => (byte)label)]);
        SegmentationSums same = SegmentationSums.Of(confusion);
        Assert.Equal(sums.Intersection, same.Intersection);
        Assert.Equal(sums.Predicted, same.Predicted);
        Assert.Equal(sums.Labelled, same.Labelled);
        Assert.Equal((sums.Labelled.Sum(), sums.Labelled.Sum() - sums.Intersection.Sum()), (counted, (long)wrong));
    }

    private protected override Trainer CreateTrainer(
        TrainingOptions options, RunFolder folder, bool resume, WorkerPool pool, int threads, ICollective? ranks) =>
        Trainer.ForSegmentation(options, Squares(8), Squares(3, seed: 1), folder, resume, pool, threads, ranks: ranks);

    private static PaintedDataset Squares(int count, ulong seed = 0) =>
        new(new SquaresDataset(count, seed), ["ground", "red", "blue"], [1, 2], 0);

    private static long IgnoredPixels(PaintedDataset images) =>
        Enumerable.Range(0, images.Count).Sum(i => images.LoadLabels(i).Pixels.Count(label => label == ISegmentationDataset.Ignored));

    private sealed class MapsDataset(IReadOnlyList<string> classes, params byte[][] maps) : ISegmentationDataset
    {
        public int Count => maps.Length;

        public IReadOnlyList<string> Classes => classes;

        public string NameOf(int index) => $"{index}";

        public Image Load(int index) => new(maps[index].Length, 1, 1, new byte[maps[index].Length]);

        public Image LoadLabels(int index) => new(maps[index].Length, 1, 1, maps[index]);
    }
}
