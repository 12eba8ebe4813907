using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Training;

/// <summary>Models from the options of a run.</summary>
internal static class TrainingModel
{
    /// <summary>Creates the model that options describe.</summary>
    /// <param name="options">Name, checkpoint to begin with, dropout, preprocessing, seed.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <param name="fresh">True for fresh weights even where the options name a checkpoint.</param>
    /// <exception cref="ArgumentException">There is no such model, or it has fewer stages than are to be frozen.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the size.</exception>
    /// <exception cref="InvalidFileException">The checkpoint to begin with is missing, broken or does not fit.</exception>
    public static Model Create(TrainingOptions options, IReadOnlyList<string> classes, bool fresh)
    {
        Model model = WithWeights(options, classes, fresh);
        try
        {
            model.FreezeStages(options.FrozenStages);
            _ = options.FreezeBackbone ? model.FreezeBackbone() : 0;
            _ = options.FrozenBatchNorm ? model.FreezeBatchNorm() : 0;
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static Model WithWeights(TrainingOptions options, IReadOnlyList<string> classes, bool fresh)
    {
        (int height, int width) = (options.Preprocessing.Height, options.Preprocessing.Width);
        ModelOptions changes = new(
            classes.Count, height, width, options.DropPath, options.Dropout, options.Detector, Segmenter: options.Segmenter);
        ModelInfo info = new(options.Model, changes, classes, options.Preprocessing) { Labels = options.Labels };
        Model model = Model.From(info.CreateNetwork(), info, options.Seed);
        if (options.BackboneFrom is string classifier && options.From is null && !fresh)
        {
            CopyBackbone(classifier, model, (height, width));
        }

        if (options.From is not string checkpoint || fresh)
        {
            return model;
        }

        try
        {
            // A classifier of other classes stays fresh.
            ImportOptions importing = new(options.Model, Classes: classes.Count, Size: (height, width), Seed: options.Seed);
            using CheckpointImport import = CheckpointImport.Open(checkpoint, importing);
            if (import.HasOtherClasses(classes))
            {
                import.BeginClassifier(options.Seed);
            }

            PositionTransfer.Resize(import.Model.Parameters, model.Parameters);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Copies the tensors of a classifier's backbone. Those of its classes, and in a dense model those of its pooling, have no place.
    /// </summary>
    private static void CopyBackbone(string path, Model model, (int Height, int Width) size)
    {
        try
        {
            string name = model.Info.Name;
            string? backbone = ModelRegistry.IsDense(name) ? ModelRegistry.BackboneOf(name) : null;
            using CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(backbone, Size: size, Seed: 0));
            ModelSignature signature = new(name, model.Info.Options);
            HashSet<string> head = [.. model.Network.HeadKeys];
            try
            {
                PositionTransfer.Resize(
                    import.Model.Parameters, model.Parameters, tensor => !head.Contains(tensor) && !signature.IsOfClasses(tensor));
            }
            catch (ShapeException difference)
            {
                throw new InvalidFileException(
                    path,
                    $"its backbone, of {import.Info.Name}, is not that of {name}: {difference.Message}",
                    "Begin with a classifier on the same backbone.",
                    difference);
            }
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
