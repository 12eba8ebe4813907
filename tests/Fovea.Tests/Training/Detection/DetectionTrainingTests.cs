using Fovea.Checkpoints;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Tests.Training.Detection;

/// <summary>Training of detectors on red and blue squares.</summary>
public sealed class DetectionTrainingTests : DenseTrainingTests
{
    private static TrainingOptions Options { get; } = new()
    {
        Model = "mask_rcnn:cmt_nano",
        Epochs = 2,
        BatchSize = 2,
        LearningRate = 1e-3,
        WarmUpEpochs = 0,
        EmaDecay = 0.9,
        Seed = 5,
        MostObjects = 2,
        Detector = new DetectorOptions
        {
            Channels = 16,
            Convolutions = 1,
            Width = 32,
            MaskConvolutions = [16],
            MaskChannels = 16,
            TrainingProposalsPerLevel = 60,
            TrainingProposals = 40,
            ProposalsPerLevel = 60,
            Proposals = 40,
            AnchorSample = 32,
            RegionSample = 24,
            Detections = 10,
        },
        Preprocessing = new Preprocessing
        {
            Height = 64,
            Width = 64,
            Resize = ResizeRule.BoundedSides,
            ResizeTo = 48,
            LongerSide = 64,
            PadTo = 16,
            Interpolation = Fovea.Data.Interpolation.Bilinear,
            CenterCrop = false,
        },
        ObjectAugmentation = new ObjectAugmentation { PhotometricDistortion = new PhotometricDistortion(), ShortSides = [32, 48] },
    };

    [Fact]
    public void A_run_that_is_stopped_and_resumed_at_any_step_ends_with_the_same_bits()
    {
        RunFolder straight = Train("straight", Options);
        AssertEndsAlikeWhenInterrupted(straight, Options);
    }

    [Fact]
    public void The_bits_of_a_run_do_not_depend_on_the_number_of_threads()
    {
        RunFolder one = Train("one", Options, threads: 1);
        RunFolder three = Train("three", Options, threads: 3);
        Assert.Equal(File.ReadAllBytes(one.BestCheckpointPath), File.ReadAllBytes(three.BestCheckpointPath));
    }

    [Fact]
    public void Two_ranks_end_with_the_bits_of_one() => AssertTwoRanksEndAsOne(Options with { Shards = 2, Epochs = 1 });

    [Fact]
    public void Batches_that_differ_in_size_share_no_statistics()
    {
        CollectiveException error =
            Assert.Throws<CollectiveException>(() => Train("refused", Options with { Shards = 2, SyncBatchNorm = true }));
        Assert.Contains("syncBatchNorm", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("retinanet:cmt_nano", DetectorForm.Torchvision)]
    [InlineData("retinanet:cmt_nano", DetectorForm.Mmdetection)]
    [InlineData("faster_rcnn:cmt_nano", DetectorForm.Torchvision)]
    [InlineData("mask_rcnn:cmt_nano", DetectorForm.Mmdetection)]
    public void The_loss_falls_with_every_head_in_both_forms(string model, DetectorForm form)
    {
        TrainingOptions options = Options with
        {
            Model = model,
            Epochs = 6,
            LearningRate = 2e-3,
            Detector = Options.Detector! with { Form = form },
            ObjectAugmentation = new ObjectAugmentation(),
        };
        double[] losses = LossesOf(Train("run", options));
        Assert.True(losses.Skip(1).Min() < 0.8 * losses[0], $"The losses are {string.Join(", ", losses)}.");
    }

    [Fact]
    public void A_detector_begins_with_the_backbone_of_a_classifier()
    {
        string classifier = Folder.File("classifier.safetensors");
        using (Model model = Model.Create("cmt_nano", seed: 3))
        {
            Checkpoint.Save(classifier, model);
        }

        TrainingOptions options = Options with { BackboneFrom = classifier, FreezeBackbone = true, Epochs = 1 };
        using Model trained = Checkpoint.Load(Train("from", options).LastCheckpointPath);
        using Model beginning = Checkpoint.Load(classifier);
        float[] stem = beginning.Parameters.Tensors["stem_conv1.weight"].Variable.Data.ToArray();
        Assert.Equal(stem, trained.Parameters.Tensors["stem_conv1.weight"].Variable.Data.ToArray());
    }

    [Fact]
    public void Frozen_batch_normalisations_keep_weights_and_statistics()
    {
        RunFolder folder = Train("frozen", Options with { FrozenBatchNorm = true, Epochs = 1, EmaDecay = 0 });
        using Model trained = Checkpoint.Load(folder.LastCheckpointPath);
        Assert.All(trained.Parameters.Tensors["stem_norm1.running_var"].Variable.Data.ToArray(), value => Assert.Equal(1, value));
        Assert.All(trained.Parameters.Tensors["stem_norm1.weight"].Variable.Data.ToArray(), value => Assert.Equal(1, value));
    }

    [Fact]
    public void Masks_are_not_learnt_from_a_set_without_any()
    {
        SquaresDataset boxesOnly = new(8) { HasMasks = false };
        InvalidDatasetException error = Assert.Throws<InvalidDatasetException>(
            () => Trainer.ForDetection(Options, boxesOnly, null, RunFolder.Create(Folder.File("none"))));
        Assert.Contains("have no masks", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finished_run_has_figures_of_boxes_and_masks_and_a_report_with_its_worst_images()
    {
        RunFolder folder = RunFolder.Create(Folder.File("whole"));
        DetectionRun run = new(Options with { Epochs = 1 }, new SquaresDataset(6), folder)
        {
            Validation = new SquaresDataset(4, seed: 1),
            Test = new SquaresDataset(4, seed: 2),
        };
        DetectionEvaluation evaluation = run.Run();
        RunResult result = folder.ReadResult()!;
        Assert.Equal(evaluation.Boxes.Metrics.Ap, result.Detection!.Bbox["AP"]);
        Assert.Equal(evaluation.Masks!.Metrics.Ap50, result.Detection.Segm!["AP50"]);
        Assert.Equal("test", result.EvaluatedOn);
        string page = File.ReadAllText(folder.ReportPath);
        Assert.Contains("Average precision", page, StringComparison.Ordinal);
        Assert.Contains("missed", page, StringComparison.Ordinal);
        Assert.Contains("\"AP\"", File.ReadAllText(folder.MetricsPath), StringComparison.Ordinal);
    }

    private protected override Trainer CreateTrainer(
        TrainingOptions options, RunFolder folder, bool resume, WorkerPool pool, int threads, ICollective? ranks) =>
        Trainer.ForDetection(options, new SquaresDataset(8), new SquaresDataset(3, seed: 1), folder, resume, pool, threads, ranks: ranks);
}
