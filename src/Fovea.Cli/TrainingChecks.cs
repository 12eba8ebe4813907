using Fovea.Data;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Checks of what a run will take of the machine, before it takes it.</summary>
internal static class TrainingChecks
{
    /// <summary>Bytes that the folder of a dense model's run needs on its disk.</summary>
    /// <param name="options">Options of the run.</param>
    /// <param name="classes">Number of classes.</param>
    public static long DiskBytes(TrainingOptions options, int classes)
    {
        Preprocessing images = options.Preprocessing;
        ModelOptions changes = new(classes, images.Height, images.Width, Detector: options.Detector, Segmenter: options.Segmenter);
        return TrainingEstimate.DiskBytes(ModelRegistry.Create(options.Model, changes), options);
    }

    /// <summary>Holds memory against the machine's, and warns of normalisations that have nothing to normalise.</summary>
    /// <param name="context">Takes the warning.</param>
    /// <param name="options">Options of the run.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="threads">Threads to train on; all processors where null.</param>
    /// <returns>Bytes that the run's folder needs on its disk.</returns>
    /// <exception cref="UsageException">The memory does not suffice.</exception>
    public static long Prepare(VerbContext context, TrainingOptions options, int classes, int? threads)
    {
        Preprocessing images = options.Preprocessing;
        Network network = ModelRegistry.Create(options.Model, new ModelOptions(classes, images.Height, images.Width));
        bool shared = options.SyncBatchNorm && options.Shards > 1;
        int parts = shared ? context.Ranks?.Size ?? 1 : options.Shards;
        MemoryCheck.Require(
            $"A training step of {options.Model} at {images.Height}x{images.Width}",
            "--batch",
            options.BatchSize,
            batch => TrainingEstimate.Bytes(network, Math.Max(1, batch / parts), options.Optimizer, threads));
        if (!shared && options.BatchSize == options.Shards && TrainingEstimate.SingleValueNorms(network, 1) is { Count: > 0 } norms)
        {
            context.Error.WriteLine(
                $"warning: {norms.Count} batch normalisations see a single value of each channel ({norms[0]}, …): they have no "
                    + "variance, and the network will not learn well. Choose a larger --batch or --size.");
        }

        return TrainingEstimate.DiskBytes(network, options);
    }
}
