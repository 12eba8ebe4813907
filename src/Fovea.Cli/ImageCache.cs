using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Memory for decoded training images: all of them where they fit, so that each is decoded once.</summary>
internal static class ImageCache
{
    /// <summary>Chooses the memory to keep images in, and says so in one line.</summary>
    /// <param name="context">Told of the choice.</param>
    /// <param name="options">Options of the run.</param>
    /// <param name="training">Training images.</param>
    /// <returns>Bytes for images.</returns>
    public static long Choose(VerbContext context, TrainingOptions options, IImageDataset training)
    {
        ImageSize? atLeast = options.ScaledDecoding ? options.Preprocessing.LeastSize : null;
        long needed = Datasets.EstimateDecodedBytes(training, atLeast);
        long room = MachineMemory.Available() / 2;
        string about = $"about {Numbers.Bytes(needed)}";
        if (needed <= room)
        {
            context.Output.WriteLine($"training images are decoded once and kept in memory: {about}");
            return room;
        }

        context.Output.WriteLine(
            $"training images are decoded anew in each epoch: {about} are more than half of the free memory ({Numbers.Bytes(2.0 * room)})");
        return options.CacheBytes;
    }
}
