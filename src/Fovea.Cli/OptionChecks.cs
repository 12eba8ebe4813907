using System.Globalization;
using Fovea.Data;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Checks of a run that come before its folder is touched; what does not fit is wrong usage and names the option.</summary>
internal static class OptionChecks
{
    /// <summary>Checks that the images suffice for a validation.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    /// <exception cref="InvalidDatasetException">The two sets have different classes.</exception>
    public static void RequireValidation(DatasetParts data)
    {
        if (data.Validation is not IImageDataset validation)
        {
            return;
        }

        if (validation.Count == 0)
        {
            throw new UsageException(
                "No class has a second image that --validation-fraction could set aside. Name a set with --validation, or give "
                    + "--validation-fraction 0.");
        }

        ClassCheck.Match(data.Training.Classes, validation, "The validation set", "the training set");
    }

    /// <summary>Checks that the images suffice for a step.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public static void RequireBatch(TrainingOptions options, int images)
    {
        if (images < options.BatchSize)
        {
            throw new UsageException(
                $"--batch {options.BatchSize} is more than the {images} training images: a step takes a whole batch. "
                + $"Choose at most {images}.");
        }
    }

    /// <summary>Checks that there is a weight for each class, where there are any.</summary>
    /// <exception cref="UsageException">There is not.</exception>
    public static void RequireWeights(TrainingOptions options, int classes)
    {
        if (options.ClassWeights is { } weights && weights.Count != classes)
        {
            throw new UsageException(
                $"classWeights has {weights.Count} numbers, but there are {classes} classes: give one for each, in their order.");
        }
    }

    /// <summary>Checks that a file is not there yet, or may be replaced.</summary>
    /// <exception cref="UsageException">It is there and may not.</exception>
    public static void RequireNew(string path, bool overwrite)
    {
        if (!overwrite && File.Exists(path))
        {
            throw new UsageException($"{path} exists already: choose another name, or replace it with --overwrite.");
        }
    }

    /// <summary>Reads whole numbers with commas between, such as <c>1,8</c>.</summary>
    /// <param name="option">The option, for the message.</param>
    /// <param name="text">Text of the option.</param>
    /// <param name="most">The largest that is allowed.</param>
    /// <exception cref="UsageException">It is something else.</exception>
    public static int[] ParseIntegers(string option, string text, int most)
    {
        List<int> numbers = [];
        foreach (string word in text.Split(','))
        {
            numbers.Add(int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= most
                ? number
                : throw new UsageException(
                    $"{option} {text} is not understood: give whole numbers from 1 to {most}, with commas between, such as 1,8."));
        }

        return [.. numbers];
    }

    /// <summary>Checks how long a measurement shall take.</summary>
    /// <exception cref="UsageException">It is no such time.</exception>
    public static TimeSpan Seconds(double seconds) => seconds is > 0 and <= 3600
        ? TimeSpan.FromSeconds(seconds)
        : throw new UsageException($"--seconds {seconds.ToString(CultureInfo.InvariantCulture)} must be above 0 and at most 3600.");
}
