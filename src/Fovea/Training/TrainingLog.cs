using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Fovea.Training;

/// <summary>Messages of a trainer to its logger; the numbers are fields of the messages.</summary>
internal static partial class TrainingLog
{
    /// <summary>Training begins or goes on.</summary>
    [LoggerMessage(
        1,
        LogLevel.Information,
        "Training {Model} of {Parameters} parameters: {Batches} batches of {BatchSize} an epoch, "
        + "from epoch {Epoch} to {Epochs}, in {Folder}")]
    public static partial void Begins(
        this ILogger logger, string model, long parameters, int batches, int batchSize, int epoch, int epochs, string folder);

    /// <summary>An epoch has ended.</summary>
    public static void Ends(this ILogger logger, EpochResult result, int epochs)
    {
        IEnumerable<string> metrics = result.Metrics.Concat(result.Validation?.Metrics ?? [])
            .Select(metric => string.Create(CultureInfo.InvariantCulture, $"{metric.Name} {metric.Value:F4}"));
        logger.Ends(result.Epoch + 1, epochs, result.Loss, string.Join(", ", metrics), result.ImagesPerSecond);
    }

    /// <summary>A checkpoint stands on the disk.</summary>
    [LoggerMessage(4, LogLevel.Debug, "Wrote {Checkpoint}")]
    public static partial void Written(this ILogger logger, string checkpoint);

    /// <summary>Training was stopped from outside.</summary>
    [LoggerMessage(5, LogLevel.Warning, "Stopped after step {Step}; {Checkpoint} goes on from there")]
    public static partial void Stopped(this ILogger logger, long step, string checkpoint);

    /// <summary>An image cannot be read and is passed over.</summary>
    [LoggerMessage(6, LogLevel.Warning, "Passed over {Image}: {Problem}")]
    public static partial void PassedOver(this ILogger logger, string image, string problem);

    /// <summary>A run ends before its last epoch.</summary>
    [LoggerMessage(7, LogLevel.Information, "Ended after epoch {Epoch}: {Stale} epochs brought no better score")]
    public static partial void StoppedEarly(this ILogger logger, int epoch, int stale);

    [LoggerMessage(2, LogLevel.Information, "Epoch {Epoch} of {Epochs}: loss {Loss:F4}, {Metrics}, {ImagesPerSecond:F0} images/s")]
    private static partial void Ends(this ILogger logger, int epoch, int epochs, double loss, string metrics, double imagesPerSecond);
}
