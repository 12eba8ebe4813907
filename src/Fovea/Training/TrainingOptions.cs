using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>Rule by which an optimiser changes weights.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW (arXiv 1711.05101).</summary>
    AdamW,

    /// <summary>Stochastic gradient descent with momentum.</summary>
    Sgd,
}

/// <summary>
/// Everything that decides the weights a run ends with, apart from the samples; a run folder keeps it as <c>config.json</c>.
/// </summary>
/// <remarks>
/// <see cref="Model"/>, <see cref="From"/>, <see cref="DropPath"/>, <see cref="Dropout"/> and <see cref="Preprocessing"/> describe a model
/// that is yet to be made: a <see cref="Trainer"/> that is given a model does not read them. Transforms and an optimiser of one's own are
/// objects and no part of the file.
/// </remarks>
public sealed record TrainingOptions
{
    /// <summary>Registered name of the model.</summary>
    public string Model { get; init; } = "cmt_nano";

    /// <summary>Checkpoint that the weights begin with, of any kind that can be imported; fresh weights where null.</summary>
    public string? From { get; init; }

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

    /// <summary>Rule by which weights are changed.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.AdamW;

    /// <summary>Learning rate at the end of the warm-up.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Learning rate at the end of the run.</summary>
    public double MinLearningRate { get; init; } = 1e-5;

    /// <summary>Epochs over which the learning rate rises.</summary>
    public double WarmUpEpochs { get; init; } = 1;

    /// <summary>Decay of weights; normalisations, biases and tables are left out.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>Momentum of gradient descent.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Label smoothing ε.</summary>
    public float LabelSmoothing { get; init; } = 0.1f;

    /// <summary>Largest norm of all gradients together; 0 for no limit.</summary>
    public double ClipNorm { get; init; } = 5;

    /// <summary>Decay of the EMA of the weights, which is evaluated and kept as the best; 0 for none.</summary>
    public double EmaDecay { get; init; }

    /// <summary>Seed of weights, order, augmentation and dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Share of the training images that is set aside for validation where no validation set is given.</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Preprocessing that turns images into the network's input.</summary>
    public Preprocessing Preprocessing { get; init; } = new();

    /// <summary>Random changes to training images; null for none.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>Mixing of the images of a batch; null for none. Targets are then distributions over the classes.</summary>
    public Mixing? Mixing { get; init; }

    /// <summary>True to decode training images by <see cref="DataLoaderOptions.ScaledDecoding"/>; evaluation never does.</summary>
    public bool ScaledDecoding { get; init; }

    /// <summary>Number of samples that an epoch's order mixes where the set is read from shards.</summary>
    public int ShuffleBuffer { get; init; } = 8192;

    /// <summary>Minutes between checkpoints within an epoch.</summary>
    public double CheckpointMinutes { get; init; } = 10;

    /// <summary>
    /// Largest number of images of a set that are passed over because they cannot be read; one in a hundred, at least one, where null.
    /// A batch takes other images in their place, the same ones for any number of threads and after an interruption.
    /// </summary>
    public int? MaxUnreadable { get; init; }

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
                Mixing = renewed["mixing"] is null ? null : new Mixing(),
                Preprocessing = new Preprocessing { ApplyOrientation = false },
            };
            TrainingOptions options = JsonText.Read(renewed, initial, TrainingOptionsJson.Default.TrainingOptions);
            options.Validate();
            return options;
        }
        catch (Exception error) when (error is JsonException or UnusableDataException or ArgumentException)
        {
            throw new InvalidFileException(
                path, $"the options of the run cannot be read ({ExceptionText.Of(error)})", "Restore the file, or begin a new run.", error);
        }
    }

    /// <summary>All options as a JSON object.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, TrainingOptionsJson.Default.TrainingOptions)!.AsObject();

    /// <summary>Checks that the options make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        Check(DropPath is null or (>= 0 and < 1), nameof(DropPath), "from 0 to below 1", DropPath!);
        Check(Dropout is null or (>= 0 and < 1), nameof(Dropout), "from 0 to below 1", Dropout!);
        Check(Epochs >= 1, nameof(Epochs), "at least 1", Epochs);
        Check(BatchSize >= 1, nameof(BatchSize), "at least 1", BatchSize);
        Check(AccumulationSteps >= 1, nameof(AccumulationSteps), "at least 1", AccumulationSteps);
        Check(LearningRate > 0 && double.IsFinite(LearningRate), nameof(LearningRate), "above 0", LearningRate);
        Check(
            MinLearningRate >= 0 && MinLearningRate <= LearningRate,
            nameof(MinLearningRate),
            "from 0 to the learning rate",
            MinLearningRate);
        Check(WarmUpEpochs >= 0 && WarmUpEpochs <= Epochs, nameof(WarmUpEpochs), "from 0 to the number of epochs", WarmUpEpochs);
        Check(WeightDecay >= 0 && double.IsFinite(WeightDecay), nameof(WeightDecay), "at least 0", WeightDecay);
        Check(Momentum is >= 0 and < 1, nameof(Momentum), "from 0 to below 1", Momentum);
        Check(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), "from 0 to below 1", LabelSmoothing);
        Check(ClipNorm >= 0, nameof(ClipNorm), "at least 0", ClipNorm);
        Check(EmaDecay is >= 0 and < 1, nameof(EmaDecay), "from 0 to below 1", EmaDecay);
        Check(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "from 0 to below 1", ValidationFraction);
        Check(ShuffleBuffer >= 1, nameof(ShuffleBuffer), "at least 1", ShuffleBuffer);
        Check(CheckpointMinutes >= 0, nameof(CheckpointMinutes), "at least 0", CheckpointMinutes);
        Check(MaxUnreadable is null or >= 0, nameof(MaxUnreadable), "at least 0", MaxUnreadable!);
        Check(Preprocessing.Channels == 3, "Preprocessing.Channels", "3, as the networks take them", Preprocessing.Channels);
        Preprocessing.Validate();
        Augmentation?.Validate();
        Mixing?.Validate();
    }

    /// <summary>Options of the loader of training samples.</summary>
    /// <param name="layout">The objective's layout of batches.</param>
    /// <param name="unreadable">Counter of images that cannot be read.</param>
    /// <param name="threads">Threads that prepare samples.</param>
    internal DataLoaderOptions ForLoader(BatchLayout layout, UnreadableImages unreadable, int threads) => new()
    {
        BatchSize = BatchSize,
        Seed = Seed,
        Augmentation = Augmentation,
        Transforms = Transforms,
        BatchTransforms = Mixing is null ? BatchTransforms : [.. BatchTransforms, new BatchMixing(Mixing, Epochs)],
        Layout = layout,
        Unreadable = unreadable,
        Threads = threads,
        ScaledDecoding = ScaledDecoding,
        ShuffleBuffer = ShuffleBuffer,
    };

    /// <summary>Counter of the images of a set that cannot be read.</summary>
    /// <param name="count">Number of images of the set.</param>
    /// <param name="listener">Told of each of them.</param>
    internal UnreadableImages CountUnreadable(int count, IProgress<UnreadableImage>? listener) =>
        new(MaxUnreadable ?? UnreadableImages.UsualLimit(count), listener);

    /// <summary>Steps of an epoch; batches that do not make a whole step are not shown.</summary>
    /// <param name="batches">Batches of an epoch.</param>
    /// <exception cref="ArgumentException">There are too few batches for one step.</exception>
    internal int StepsIn(int batches) => batches >= AccumulationSteps
        ? batches / AccumulationSteps
        : throw new ArgumentException(
            $"An epoch has {batches} batches of {BatchSize} images, too few for one step of {AccumulationSteps} batches. "
            + $"Choose a smaller {nameof(BatchSize)} or {nameof(AccumulationSteps)}.",
            nameof(AccumulationSteps));

    private static void Check(bool holds, string option, string expected, object got)
    {
        if (!holds)
        {
            throw new ArgumentException($"{option} must be {expected}, not {got}.", option);
        }
    }
}

/// <summary>Generated code for the options of a run, as <c>config.json</c> has them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    Converters = [typeof(OptimizerKindConverter)])]
[JsonSerializable(typeof(TrainingOptions))]
internal sealed partial class TrainingOptionsJson : JsonSerializerContext;

/// <summary>Words for optimisers in files, such as <c>adamW</c>.</summary>
internal sealed class OptimizerKindConverter()
    : JsonStringEnumConverter<OptimizerKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
