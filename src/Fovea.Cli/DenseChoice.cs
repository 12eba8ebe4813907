using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Cli;

/// <summary>Dense models among the checkpoints that people name.</summary>
internal static class DenseChoice
{
    /// <summary>Loads a checkpoint if it holds a detector or a segmentation.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The model; null for a checkpoint of a classifier.</returns>
    /// <exception cref="InvalidFileException">The file is missing or broken.</exception>
    public static Model? TryLoad(string path)
    {
        // A file of Fovea says what it holds; others are looked at as a whole.
        if (IsOwnOfClassifier(path))
        {
            return null;
        }

        Model model = Checkpoint.Load(path);
        if (model.Network.Head is DenseHead)
        {
            return model;
        }

        model.Dispose();
        return null;
    }

    private static bool IsOwnOfClassifier(string path)
    {
        try
        {
            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            return Checkpoint.IsOwn(file) && !ModelRegistry.IsDense(Checkpoint.ReadInfo(file).Name);
        }
        catch (InvalidFileException)
        {
            // A file of another format, or a broken one, whose error the next reader words.
            return false;
        }
    }
}
