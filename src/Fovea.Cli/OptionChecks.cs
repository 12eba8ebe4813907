using Fovea.Data;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Checks of a run that come before its folder is touched; what does not fit is wrong usage and names the option.</summary>
internal static class OptionChecks
{
    private static readonly Dictionary<string, string> _names = new()
    {
        [nameof(TrainingOptions.BatchSize)] = "--batch",
        [nameof(TrainingOptions.ClipNorm)] = "--clip",
        [nameof(TrainingOptions.AverageDecay)] = "--average",
        [nameof(TrainingOptions.Epochs)] = "--epochs",
        [nameof(TrainingOptions.LearningRate)] = "--learning-rate",
        [nameof(TrainingOptions.WarmUpEpochs)] = "--warm-up",
        [nameof(TrainingOptions.WeightDecay)] = "--weight-decay",
        [nameof(TrainingOptions.LabelSmoothing)] = "--label-smoothing",
        [nameof(TrainingOptions.DropPath)] = "--drop-path",
        [nameof(TrainingOptions.ValidationFraction)] = "--validation-fraction",
    };

    /// <summary>Checks the options by themselves.</summary>
    /// <exception cref="UsageException">One is out of range.</exception>
    public static void Validate(TrainingOptions options)
    {
        try
        {
            options.Validate();
        }
        catch (ArgumentException error) when (error.ParamName is string member && _names.TryGetValue(member, out string? name))
        {
            throw new UsageException(error.Message.Replace($" (Parameter '{member}')", "", StringComparison.Ordinal).Replace(member, name, StringComparison.Ordinal));
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    /// <summary>Checks that the pictures suffice for a step and for a validation.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    /// <exception cref="InvalidDatasetException">The two sets have different classes.</exception>
    public static void Validate(TrainingOptions options, IPictureDataset training, IPictureDataset? validation)
    {
        if (training.Count < options.BatchSize)
        {
            throw new UsageException($"--batch {options.BatchSize} is more than the {training.Count} training pictures: a step takes a whole batch. Choose at most {training.Count}.");
        }

        if (validation is null)
        {
            return;
        }

        if (validation.Count == 0)
        {
            throw new UsageException(
                "No class has a second picture that --validation-fraction could set aside. Name a set with --validation, or give --validation-fraction 0.");
        }

        ClassNames.Require(training.Classes, validation, "The validation set", "the training set");
    }
}
