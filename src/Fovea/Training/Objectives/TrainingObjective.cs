using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Objectives of classification from the options of a run.</summary>
internal static class TrainingObjective
{
    /// <summary>Creates the objective that options ask for.</summary>
    /// <param name="options">Loss, smoothing, class weights, teacher; where images are mixed, targets are distributions.</param>
    /// <param name="model">The model that is trained.</param>
    /// <param name="training">The training samples, whose classes are counted for balanced weights.</param>
    /// <param name="owned">Takes what the caller has to dispose of after the objective's use.</param>
    /// <exception cref="ArgumentException">There is not one weight for each class, or no classes are known to balance.</exception>
    /// <exception cref="InvalidFileException">The teacher's checkpoint is missing, broken, or of other classes.</exception>
    public static Objective Create(TrainingOptions options, Model model, ISampleSource training, Stack<IDisposable> owned)
    {
        ClassificationLoss loss = new(
            options.Objective,
            options.LabelSmoothing,
            options.TargetThreshold,
            options.FocalGamma,
            WeightsOf(options, model.Network.Classes, training));
        ClassTarget target = options.Mixing is null ? ClassTarget.Label : ClassTarget.Distribution;
        ClassificationObjective classification = new(loss, target);
        if (options.Distillation is not Distillation distillation)
        {
            return classification;
        }

        IReadOnlyList<string> classes = (training as IImageDataset)?.Classes ?? model.Info.Classes;
        Model teacher = OpenTeacher(distillation.Teacher, classes, model.Info.Preprocessing);
        owned.Push(teacher);
        DistillationObjective objective =
            new(teacher, distillation.Kind, distillation.Alpha, distillation.Temperature, classification);
        owned.Push(objective);
        return objective;
    }

    private static IReadOnlyList<float>? WeightsOf(TrainingOptions options, int classes, ISampleSource training)
    {
        if (options.ClassWeights is IReadOnlyList<double> weights)
        {
            return weights.Count == classes
                ? [.. weights.Select(weight => (float)weight)]
                : throw new ArgumentException(
                    $"{nameof(options.ClassWeights)} must be {classes} numbers, one for each class, not {weights.Count}.",
                    nameof(options.ClassWeights));
        }

        if (!options.BalancedClassWeights)
        {
            return null;
        }

        if (training is not IImageDataset images)
        {
            throw new ArgumentException(
                $"{nameof(options.BalancedClassWeights)} needs images with one class each.", nameof(options.BalancedClassWeights));
        }

        int[] counts = new int[classes];
        for (int i = 0; i < images.Count; i++)
        {
            counts[images.LabelOf(i)]++;
        }

        // A class without images has no share in any loss.
        return [.. counts.Select(count => count == 0 ? 1 : (float)((double)images.Count / ((double)classes * count)))];
    }

    private static Model OpenTeacher(string path, IReadOnlyList<string> classes, Preprocessing preprocessing)
    {
        CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(Size: (preprocessing.Height, preprocessing.Width)));
        if (import.Info.Classes.Count == classes.Count && !import.HasOtherClasses(classes))
        {
            return import.Model;
        }

        import.Dispose();
        throw new InvalidFileException(
            path,
            $"it tells {import.Info.Classes.Count} classes apart, which are not the {classes.Count} of the training images",
            "Give a teacher that was trained on the same classes.");
    }
}
