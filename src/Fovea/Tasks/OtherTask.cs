using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>Checkpoints of another task than the one that they were opened for.</summary>
internal static class OtherTask
{
    /// <summary>Error that says what the file holds, and how to use it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that it holds.</param>
    public static InvalidFileException Of(string path, Model model)
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
