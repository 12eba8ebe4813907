using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Everything that decides the weights a run ends with, apart from the samples; a run folder keeps it as <c>config.json</c>.
/// </summary>
/// <remarks>
/// <see cref="Model"/>, <see cref="From"/>, <see cref="DropPath"/>, <see cref="Dropout"/> and <see cref="Preprocessing"/> describe a model
/// that is yet to be made: a <see cref="Trainer"/> that is given a model does not read them. Transforms and an optimiser of one's own are
/// objects and no part of the file.
/// </remarks>
public sealed partial record TrainingOptions
{
    /// <summary>Registered name of the model.</summary>
    public string Model { get; init; } = "cmt_nano";

    /// <summary>Checkpoint that the weights begin with, of any kind that can be imported; fresh weights where null.</summary>
    public string? From { get; init; }

    /// <summary>
    /// Checkpoint of a classifier, of any kind that can be imported, whose backbone a dense model, or a classifier with a fresh head,
    /// begins with; null for none.
    /// </summary>
    public string? BackboneFrom { get; init; }

    /// <summary>Probability of dropping the last block's branches; the variant's own where null.</summary>
    public float? DropPath { get; init; }

    /// <summary>Dropout in front of the classifier; the variant's own where null.</summary>
    public float? Dropout { get; init; }

    /// <summary>Number of times that all training images are shown.</summary>
    public int Epochs { get; init; } = 20;

    /// <summary>Images in a batch.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Batches whose mean gradient makes one step. Batch statistics are those of each batch by itself.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>
    /// Shards of a batch, a power of two that divides <see cref="BatchSize"/>: each has batch statistics of its own, unless
    /// <see cref="SyncBatchNorm"/> is set, and their gradients are added over a binary tree. As many processes, or a power of two fewer,
    /// may share them, with the same weights in the end.
    /// </summary>
    public int Shards { get; init; } = 1;

    /// <summary>
    /// True for batch normalisations that take the statistics of all <see cref="Shards"/> of a batch together, for images of one size.
    /// Shards then run side by side, and a process holds the maps of all that it has.
    /// </summary>
    public bool SyncBatchNorm { get; init; }

    /// <summary>Rule by which weights are changed.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    /// <summary>Share of the mean gradient that is kept at each step of AdamW, LAMB and Lion; 0.9 where null.</summary>
    public double? Beta1 { get; init; }

    /// <summary>Share of the mean squared gradient that is kept; 0.999 for AdamW and LAMB, 0.99 for Lion's mean where null.</summary>
    public double? Beta2 { get; init; }

    /// <summary>Number added to the denominator of AdamW and LAMB; 1e-8 and 1e-6 where null.</summary>
    public double? Epsilon { get; init; }

    /// <summary>Largest norm of all gradients together in a step of LAMB; 0 for no limit.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>Options of Muon; its usual ones where null.</summary>
    public MuonOptions? Muon { get; init; }

    /// <summary>Course of the learning rate between warm-up and cool-down.</summary>
    public ScheduleKind Schedule { get; init; }

    /// <summary>Learning rate at the end of the warm-up.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Learning rate at the end of the run.</summary>
    public double MinLearningRate { get; init; } = 1e-5;

    /// <summary>Epochs over which the learning rate rises.</summary>
    public double WarmUpEpochs { get; init; } = 1;

    /// <summary>Learning rate of the first step where there is a warm-up.</summary>
    public double WarmUpStartRate { get; init; }

    /// <summary>Epochs at the end of the run that keep the minimum rate.</summary>
    public double CoolDownEpochs { get; init; }

    /// <summary>Epochs that begin with a smaller rate of <see cref="ScheduleKind.Step"/>; every <see cref="StepEpochs"/> if null.</summary>
    public IReadOnlyList<double>? Milestones { get; init; }

    /// <summary>Epochs after each of which <see cref="ScheduleKind.Step"/> has a smaller rate.</summary>
    public double StepEpochs { get; init; } = 30;

    /// <summary>Factor of the rate at each step of <see cref="ScheduleKind.Step"/>.</summary>
    public double StepFactor { get; init; } = 0.1;

    /// <summary>Power of <see cref="ScheduleKind.Poly"/>.</summary>
    public double PolyPower { get; init; } = 0.9;

    /// <summary>Factor of the rate from each layer to the one in front of it (<see cref="Training.LayerDecay"/>); 1 for none.</summary>
    public double LayerDecay { get; init; } = 1;

    /// <summary>Number of stages, from the stem on, whose weights stay as they are (<see cref="StageFreezing"/>).</summary>
    public int FrozenStages { get; init; }

    /// <summary>True if all weights but the head's stay as they are.</summary>
    public bool FreezeBackbone { get; init; }

    /// <summary>Decay of weights; normalisations, biases and tables are left out.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Momentum of gradient descent.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>True for gradient descent that looks ahead by one step (Nesterov).</summary>
    public bool Nesterov { get; init; }

    /// <summary>Loss of the classification.</summary>
    public ObjectiveKind Objective { get; init; }

    /// <summary>Label smoothing ε.</summary>
    public float LabelSmoothing { get; init; } = 0.1f;

    /// <summary>
    /// Threshold above which a target of <see cref="ObjectiveKind.BinaryCrossEntropy"/> becomes 1, and below it 0, after smoothing and
    /// mixing; targets as they are where null.
    /// </summary>
    public float? TargetThreshold { get; init; }

    /// <summary>Exponent γ of <see cref="ObjectiveKind.Focal"/>.</summary>
    public float FocalGamma { get; init; } = 2;

    /// <summary>Weight of each class in the loss, in the order of the classes; equal weights where null.</summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>
    /// True for class weights in inverse proportion to the number of training images of each class, 1 on average; of a segmentation, by
    /// median frequency of its pixels.
    /// </summary>
    public bool BalancedClassWeights { get; init; }

    /// <summary>
    /// True to show images of all classes equally often: those of smaller classes several times in an epoch, which is longer then.
    /// </summary>
    public bool BalancedSampling { get; init; }

    /// <summary>Teacher to learn from beside the targets; null for none.</summary>
    public Distillation? Distillation { get; init; }

    /// <summary>Largest norm of all gradients together; 0 for no limit.</summary>
    public double ClipNorm { get; init; } = 5;

    /// <summary>Largest magnitude of each element of a gradient; 0 for no limit.</summary>
    public double ClipValue { get; init; }

    /// <summary>Largest ratio of a gradient's norm to its weights' (<see cref="AdaptiveClipping"/>); 0 for no limit.</summary>
    public double AdaptiveClip { get; init; }

    /// <summary>Decay of the EMA of the weights, which is evaluated and kept as the best; 0 for none.</summary>
    public double EmaDecay { get; init; }

    /// <summary>True for a smaller EMA decay in the first steps t, when there is little to average: (1 + t) / (10 + t).</summary>
    public bool EmaWarmUp { get; init; } = true;

    /// <summary>Epochs without a better score after which the run ends; 0 to train to the last epoch.</summary>
    public int Patience { get; init; }

    /// <summary>Seed of weights, order, augmentation and dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Share of the training images that is set aside for validation where no validation set is given.</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Preprocessing that turns images into the network's input.</summary>
    public Preprocessing Preprocessing { get; init; } = new();

    /// <summary>Random changes to training images; null for none.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>Options of a detection head; those of the published networks where null.</summary>
    public DetectorOptions? Detector { get; init; }

    /// <summary>Options of a segmentation head; those of the published networks where null.</summary>
    public SegmenterOptions? Segmenter { get; init; }

    /// <summary>Random changes to training images with objects; mirroring alone where null.</summary>
    public ObjectAugmentation? ObjectAugmentation { get; init; }

    /// <summary>Meaning of the numbers in label maps; the usual one where null.</summary>
    public SegmentationLabels? Labels { get; init; }

    /// <summary>Random changes to training images whose pixels have classes; mmsegmentation's, but those of colour, where null.</summary>
    public SegmentationAugmentation? SegmentationAugmentation { get; init; }

    /// <summary>Loss of a segmentation; mmsegmentation's where null.</summary>
    public SegmentationLoss? SegmentationLoss { get; init; }

    /// <summary>Largest number of objects in an image that a detector learns from; of more, the first are taken.</summary>
    public int MostObjects { get; init; } = 100;

    /// <summary>True to keep batch normalisations as they are, weights and statistics: for batches of a few images.</summary>
    public bool FrozenBatchNorm { get; init; }

    /// <summary>Mixing of the images of a batch; null for none. Targets are then distributions over the classes.</summary>
    public Mixing? Mixing { get; init; }

    /// <summary>True to decode training images by <see cref="DataLoaderOptions.ScaledDecoding"/>; evaluation never does.</summary>
    public bool ScaledDecoding { get; init; }

    /// <summary>Number of samples that an epoch's order mixes where the set is read from shards.</summary>
    public int ShuffleBuffer { get; init; } = 8192;

    /// <summary>Minutes between checkpoints within an epoch.</summary>
    public double CheckpointMinutes { get; init; } = 10;

    /// <summary>
    /// Epochs after each of which explanations of a few validation images are drawn into the run's folder; 0 for never. Weights do not
    /// depend on it. For classifiers.
    /// </summary>
    public int ExplainEvery { get; init; }

    /// <summary>
    /// Largest number of images of a set that are passed over because they cannot be read; one in a hundred, at least one, where null.
    /// A batch takes other images in their place, the same ones for any number of threads and after an interruption.
    /// </summary>
    public int? MaxUnreadable { get; init; }

    /// <summary>Most bytes of decoded training images that are kept in memory from one epoch to the next; 0 for none.</summary>
    [JsonIgnore]
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>Told once of each image that is passed over, on a thread that prepares batches.</summary>
    [JsonIgnore]
    public IProgress<UnreadableImage>? Unreadable { get; init; }

    /// <summary>Creates an optimiser of one's own, in place of <see cref="Optimizer"/>; null for that one.</summary>
    [JsonIgnore]
    public Func<GradientBlock, WorkerPool, Fovea.Engine.Optimization.Optimizer>? CreateOptimizer { get; init; }

    /// <summary>Transforms of one's own, applied to training images after the augmentation's crop and flip, before normalisation.</summary>
    [JsonIgnore]
    public IReadOnlyList<ISampleTransform> Transforms { get; init; } = [];

    /// <summary>Transforms of whole training batches, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<IBatchTransform> BatchTransforms { get; init; } = [];

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidFileException">The object does not hold such options.</exception>
    public static TrainingOptions FromJson(JsonObject json, string path)
    {
        try
        {
            JsonObject renewed = OldNames.Renew(json);

            // Runs of version 0.1.0, which had no such member, took images as they are stored.
            TrainingOptions initial = new()
            {
                Augmentation = Augmentation.Initial(renewed["augmentation"]),
                Detector = renewed["detector"] is null ? null : new DetectorOptions(),
                Segmenter = renewed["segmenter"] is null ? null : new SegmenterOptions(),
                ObjectAugmentation = ObjectAugmentation.Initial(renewed["objectAugmentation"]),
                Labels = renewed["labels"] is null ? null : new SegmentationLabels(),
                SegmentationAugmentation = SegmentationAugmentation.Initial(renewed["segmentationAugmentation"]),
                SegmentationLoss = SegmentationLoss.Initial(renewed["segmentationLoss"]),
                Mixing = renewed["mixing"] is null ? null : new Mixing(),
                Distillation = renewed["distillation"] is null ? null : new Distillation(),
                Muon = renewed["muon"] is null ? null : new MuonOptions(),
                Preprocessing = new Preprocessing { ApplyOrientation = false },
            };
            TrainingOptions options = JsonText.Read(renewed, initial, TrainingOptionsJson.Default.TrainingOptions);
            options.Validate();
            return options;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            throw new InvalidFileException(
                path, $"the options of the run cannot be read ({ExceptionText.Of(error)})", "Restore the file, or begin a new run.", error);
        }
    }

    /// <summary>All options as a JSON object.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, TrainingOptionsJson.Default.TrainingOptions)!.AsObject();
}
