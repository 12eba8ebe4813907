using System.Text.Json;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>Where a run stands: all that a resumed run needs beside tensors.</summary>
/// <param name="Epoch">The epoch at hand, from 0.</param>
/// <param name="Batch">Batches of this epoch that are done.</param>
/// <param name="Step">Steps of the whole run that are done.</param>
/// <param name="LossSum">Sum of this epoch's losses over images.</param>
/// <param name="Correct">This epoch's images predicted right.</param>
/// <param name="Shown">This epoch's images shown.</param>
/// <param name="Best">The best score so far.</param>
/// <param name="Seconds">Seconds trained so far.</param>
/// <param name="EpochSeconds">Seconds trained in this epoch.</param>
internal sealed record TrainingPosition(
    int Epoch = 0, int Batch = 0, long Step = 0, double LossSum = 0, int Correct = 0, int Shown = 0, double Best = -1, double Seconds = 0, double EpochSeconds = 0)
{
    /// <summary>Reads the position that a checkpoint keeps.</summary>
    /// <exception cref="InvalidFileException">The checkpoint keeps none.</exception>
    public static TrainingPosition FromJson(SafeTensorsFile file)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingPosition>(file.Metadata.GetValueOrDefault("fovea.training", "null"))
                ?? throw new InvalidFileException(file.Path, "it holds no state of training", "Resume from a run's last.safetensors.");
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(file.Path, $"its state of training cannot be read ({error.Message})", "Resume from a run's last.safetensors.", error);
        }
    }

    /// <summary>The position as text for a checkpoint's metadata.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>The position after one more step.</summary>
    /// <param name="lossSum">Sum of the step's losses over images.</param>
    /// <param name="correct">The step's images predicted right.</param>
    /// <param name="shown">The step's images.</param>
    /// <param name="seconds">Seconds since the step before.</param>
    public TrainingPosition After(double lossSum, int correct, int shown, double seconds) => this with
    {
        Batch = Batch + 1,
        Step = Step + 1,
        LossSum = LossSum + lossSum,
        Correct = Correct + correct,
        Shown = Shown + shown,
        Seconds = Seconds + seconds,
        EpochSeconds = EpochSeconds + seconds,
    };

    /// <summary>The position at the beginning of the next epoch.</summary>
    public TrainingPosition NextEpoch(double best) => new(Epoch + 1, 0, Step, 0, 0, 0, best, Seconds);
}
