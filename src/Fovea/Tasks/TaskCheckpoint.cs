using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>Checkpoints that are opened for a task.</summary>
internal static class TaskCheckpoint
{
    /// <summary>Loads a checkpoint whose head is of a kind, and makes its model ready.</summary>
    /// <typeparam name="THead">Kind of head.</typeparam>
    /// <typeparam name="TTask">What the model is made.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="make">Makes the model ready; it is disposed of where that fails.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken, does not fit its model, or is of another task.</exception>
    public static TTask Load<THead, TTask>(string path, Func<Model, TTask> make)
        where THead : Head
    {
        Model model = Checkpoint.Load(path);
        try
        {
            return model.Network.Head is THead ? make(model) : throw OfOther(path, model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Error of a checkpoint of another task, which says what the file holds, and how to use it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that it holds.</param>
    public static InvalidFileException OfOther(string path, Model model)
    {
        (string kind, Remedy remedy) = model.Network.Head switch
        {
            DetectorHead => ("detector", (Remedy)new Remedy.DetectObjects(path)),
            SegmenterHead => ("segmentation network", new Remedy.SegmentImages(path)),
            _ => ("classifier", new Remedy.ClassifyImages(path)),
        };
        return new InvalidFileException(path, $"it holds the {kind} {model.Info.Name}", [remedy]);
    }
}
