using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>Point of a run between two steps: all that a resumed run needs beside tensors.</summary>
/// <param name="Epoch">The epoch at hand, from 0.</param>
/// <param name="Batch">Batches of this epoch that are done.</param>
/// <param name="Step">Steps of the whole run that are done.</param>
/// <param name="LossSum">Sum of this epoch's losses over images.</param>
/// <param name="Sums">Sums of the objective's metrics over this epoch's images; null before the first step of an epoch.</param>
/// <param name="Shown">Images shown in this epoch.</param>
/// <param name="Best">The best score so far; null before the first evaluation.</param>
/// <param name="Seconds">Seconds trained so far.</param>
/// <param name="EpochSeconds">Seconds trained in this epoch.</param>
/// <param name="Samples">Number of training samples; null in files of earlier versions.</param>
/// <param name="Stale">Epochs since the best score.</param>
internal sealed record TrainingPosition(
    int Epoch = 0,
    int Batch = 0,
    long Step = 0,
    double LossSum = 0,
    double[]? Sums = null,
    int Shown = 0,
    double? Best = null,
    double Seconds = 0,
    double EpochSeconds = 0,
    int? Samples = null,
    int Stale = 0)
{
    private const string MetadataKey = "fovea.training";
    private const string Remedy = "Resume from a run's last.safetensors.";

    /// <summary>The only metric of version 0.1.0: this epoch's images predicted right.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal double? Correct
    {
        get => null;
        init => Sums ??= value is double correct ? [correct] : null;
    }

    /// <summary>Reads the position that a checkpoint keeps.</summary>
    /// <exception cref="InvalidFileException">The checkpoint keeps none, or one that no run was ever at.</exception>
    public static TrainingPosition FromJson(SafeTensorsFile file)
    {
        if (!file.Metadata.TryGetValue(MetadataKey, out string? text))
        {
            throw new InvalidFileException(file.Path, "it holds no state of training", Remedy);
        }

        try
        {
            return Read(text);
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(
                file.Path, $"its state of training cannot be read ({ExceptionText.Of(error)})", Remedy, error);
        }
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonException">It is no position.</exception>
    public static TrainingPosition FromJson(string json) => Read(json);

    /// <summary>Checks that a position is one that a run of the options on the data can reach.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="options">Options of the run.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch.</param>
    /// <param name="samples">Number of training samples.</param>
    /// <param name="metrics">Number of the objective's metrics.</param>
    /// <exception cref="InvalidFileException">It is not.</exception>
    public void Require(string path, TrainingOptions options, int stepsPerEpoch, int samples, int metrics)
    {
        if (Samples is int before && before != samples)
        {
            throw new InvalidFileException(
                path,
                $"its run had {before} training images and now there are {samples}: a run goes on with the data that it began with",
                "Bring the images back, or begin a new run from this checkpoint.");
        }

        bool inRange = Epoch >= 0
            && Epoch <= options.Epochs
            && Batch >= 0
            && Batch % options.AccumulationSteps == 0
            && Batch / options.AccumulationSteps <= (Epoch == options.Epochs ? 0 : stepsPerEpoch)
            && Step == ((long)Epoch * stepsPerEpoch) + (Batch / options.AccumulationSteps)
            && Shown == (long)Batch * options.BatchSize;
        bool isSound = double.IsFinite(LossSum)
            && (Sums is null || (Sums.Length == metrics && Array.TrueForAll(Sums, double.IsFinite)))
            && Best is null or (> double.NegativeInfinity and < double.PositiveInfinity)
            && Seconds is >= 0 and < double.PositiveInfinity
            && EpochSeconds is >= 0 and < double.PositiveInfinity;
        if (!inRange || !isSound)
        {
            throw new InvalidFileException(
                path,
                $"it stands at epoch {Epoch}, batch {Batch}, step {Step}, which a run of {options.Epochs} epochs of {stepsPerEpoch} steps "
                    + "on these data does not reach",
                "Resume with the data and the config.json that the run began with, or begin a new run from this checkpoint.");
        }
    }

    /// <summary>The position as text for a checkpoint's metadata.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingPositionJson.Default.TrainingPosition);

    /// <summary>The position after one more step.</summary>
    /// <param name="batches">Batches of the step.</param>
    /// <param name="lossSum">Sum of the step's losses over images.</param>
    /// <param name="sums">The step's sums of metrics over images.</param>
    /// <param name="shown">The step's images.</param>
    /// <param name="seconds">Seconds since the step before.</param>
    public TrainingPosition After(int batches, double lossSum, ReadOnlySpan<double> sums, int shown, double seconds)
    {
        double[] all = sums.ToArray();
        for (int i = 0; i < Math.Min(all.Length, Sums?.Length ?? 0); i++)
        {
            all[i] += Sums![i];
        }

        return this with
        {
            Batch = Batch + batches,
            Step = Step + 1,
            LossSum = LossSum + lossSum,
            Sums = all,
            Shown = Shown + shown,
            Seconds = Seconds + seconds,
            EpochSeconds = EpochSeconds + seconds,
        };
    }

    /// <summary>This epoch's means of metrics over images.</summary>
    /// <param name="names">The objective's names.</param>
    public IReadOnlyList<Metric> Means(IReadOnlyList<string> names) =>
        [.. names.Select((name, i) => new Metric(name, (Sums is not null && i < Sums.Length ? Sums[i] : 0) / Shown))];

    /// <summary>The position at the beginning of the next epoch.</summary>
    /// <param name="score">Score of the epoch that ends.</param>
    /// <param name="isBest">True if it is the best so far.</param>
    public TrainingPosition NextEpoch(double score, bool isBest) => new(
        Epoch + 1,
        Step: Step,
        Best: isBest ? score : Best,
        Seconds: Seconds,
        Samples: Samples,
        Stale: isBest ? 0 : Stale + 1);

    /// <summary>True at the end of a run: after its last epoch, or as many without a better score as it is patient for.</summary>
    /// <param name="options">Options of the run.</param>
    public bool IsEnd(TrainingOptions options) =>
        Epoch >= options.Epochs || (options.Patience > 0 && Stale >= options.Patience);

    private static TrainingPosition Read(string text)
    {
        JsonObject json = JsonText.ParseObject(text);
        TrainingPosition position = JsonText.Read(json, new TrainingPosition(), TrainingPositionJson.Default.TrainingPosition);
        string? nonsense = position switch
        {
            { Epoch: < 0 } => nameof(Epoch),
            { Batch: < 0 } => nameof(Batch),
            { Step: < 0 } => nameof(Step),
            { Shown: < 0 } => nameof(Shown),
            { Seconds: < 0 } => nameof(Seconds),
            { EpochSeconds: < 0 } => nameof(EpochSeconds),
            { Stale: < 0 } => nameof(Stale),
            _ => null,
        };
        return nonsense is null ? position : throw new JsonException($"'{nonsense}' is below 0");
    }
}

/// <summary>Generated code for positions, whose members stand in files as they are called here.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TrainingPosition))]
internal sealed partial class TrainingPositionJson : JsonSerializerContext;
