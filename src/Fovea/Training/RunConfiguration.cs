using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Content of a run folder's <c>config.json</c>: where the images are, and the options of training.</summary>
/// <param name="Data">Path of the data set, as <see cref="Datasets.OpenParts"/> takes it.</param>
/// <param name="Validation">Path of the validation set; null for the data set's own part, or a share of its training images.</param>
/// <param name="Options">Options that decide the weights.</param>
public sealed record RunConfiguration(string Data, string? Validation, TrainingOptions Options)
{
    private const string Remedy = "Restore the file, or begin a new run.";
    private const string TestChoosesKey = "testChooses";

    /// <summary>
    /// Path of a set that measures the best checkpoint in the end: its test part, or else its validation part, or all of it; null for the
    /// data set's own test part.
    /// </summary>
    public string? Test { get; init; }

    /// <summary>
    /// True if a test part chooses the best epoch where there is no validation part, as in runs of version 0.1.0; otherwise it is only
    /// measured at the end.
    /// </summary>
    public bool TestChooses { get; init; }

    /// <summary>Opens the images of the run.</summary>
    /// <returns>
    /// The training images; for validation those of <see cref="Validation"/>, else of the set's own validation part, else the share of the
    /// training images that <see cref="TrainingOptions.ValidationFraction"/> sets aside, else null; and for the test those of
    /// <see cref="Test"/>, else of the set's own test part, else null.
    /// </returns>
    /// <exception cref="InvalidDatasetException">A set is not there, or cannot be used; the message says why.</exception>
    public DatasetParts OpenData()
    {
        DatasetParts all = Datasets.OpenParts(Data);
        try
        {
            return WithValidation(Test is null ? all : WithTest(all, Test));
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    /// <summary>Task of the model, which tells the kind of data that it is trained on.</summary>
    public VisionTask Task => ModelRegistry.TaskOf(Options.Model);

    /// <summary>Opens the images with objects of the run of a detector.</summary>
    /// <returns>
    /// The training images; for validation those of <see cref="Validation"/>, else of the set's own validation part, else null; and for the
    /// test those of <see cref="Test"/>, else of the set's own test part, else null.
    /// </returns>
    /// <exception cref="InvalidDatasetException">A set is not there, or cannot be used; the message says why.</exception>
    public InstanceParts OpenInstances()
    {
        InstanceParts all = InstanceDatasets.OpenParts(Data);
        InstanceDatasetOptions sameClasses = new() { Classes = all.Classes };
        try
        {
            all = Validation is null ? all : all.WithValidation(InstanceDatasets.OpenParts(Validation, sameClasses));
            return Test is null ? all : all.WithTest(InstanceDatasets.OpenParts(Test, sameClasses));
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    /// <summary>Opens the images of the run of a segmentation, with their label maps.</summary>
    /// <inheritdoc cref="OpenInstances"/>
    public SegmentationParts OpenLabelled()
    {
        SegmentationDatasetOptions options = new() { Labels = Options.Labels ?? new SegmentationLabels() };
        SegmentationParts all = SegmentationDatasets.OpenParts(Data, options);
        options = options with { Classes = all.Classes };
        try
        {
            all = Validation is null ? all : all.WithValidation(SegmentationDatasets.OpenParts(Validation, options));
            return Test is null ? all : all.WithTest(SegmentationDatasets.OpenParts(Test, options));
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote, in this or an earlier version.</summary>
    /// <param name="json">Content of the file.</param>
    /// <param name="path">File name, for messages.</param>
    /// <exception cref="InvalidFileException">Something is missing, or an option does not fit.</exception>
    internal static RunConfiguration FromJson(JsonObject json, string path)
    {
        if (Text(json["data"]) is not string data || json["training"] is not JsonObject training)
        {
            throw new InvalidFileException(path, "the entry 'data' or 'training' is missing", Remedy);
        }

        foreach (string part in new[] { "validation", "test" })
        {
            if (json[part] is not null && Text(json[part]) is null)
            {
                throw new InvalidFileException(path, $"the entry '{part}' is not the path of a data set", Remedy);
            }
        }

        TrainingOptions options = TrainingOptions.FromJson(training, path);
        RequireModel(options, path);
        return new RunConfiguration(data, Text(json["validation"]), options)
        {
            Test = Text(json["test"]),

            // Version 0.1.0 wrote no such entry.
            TestChooses = json[TestChoosesKey] is not JsonValue value || !value.TryGetValue(out bool chooses) || chooses,
        };
    }

    /// <summary>Writes the configuration as a JSON object.</summary>
    internal JsonObject ToJson() => new()
    {
        ["data"] = Data,
        ["validation"] = Validation,
        ["test"] = Test,
        [TestChoosesKey] = TestChooses,
        ["training"] = Options.ToJson(),
    };

    private static DatasetParts WithTest(DatasetParts all, string path)
    {
        DatasetParts other = Datasets.OpenParts(path);
        IImageDataset matched = ClassCheck.Match(all.Classes, other.Measured, "The test set", "the training set");
        return new DatasetParts(all.Training, all.Validation, matched, [.. all.Notes, .. other.Notes], all, other);
    }

    private DatasetParts WithValidation(DatasetParts all)
    {
        if (Validation is not null)
        {
            DatasetParts other = Datasets.OpenParts(Validation);
            IImageDataset chosen = other.Validation ?? other.Measured;
            IImageDataset matched = ClassCheck.Match(all.Classes, chosen, "The validation set", "the training set");
            return new DatasetParts(all.Training, matched, all.Test, [.. all.Notes, .. other.Notes], all, other);
        }

        if (all.Validation is not null)
        {
            return all;
        }

        if (TestChooses && all.Test is not null)
        {
            return new DatasetParts(all.Training, all.Test, null, all.Notes, all);
        }

        if (Options.ValidationFraction == 0)
        {
            return all;
        }

        (SubsetDataset training, SubsetDataset validation) = SubsetDataset.Split(all.Training, Options.ValidationFraction, Options.Seed);
        return new DatasetParts(training, validation, all.Test, all.Notes, all);
    }

    /// <summary>Checks that there is such a model, and that it takes images of the size; no memory is taken.</summary>
    private static void RequireModel(TrainingOptions options, string path)
    {
        try
        {
            Preprocessing images = options.Preprocessing;
            ModelRegistry.Create(
                ModelRegistry.Resolve(options.Model),
                new ModelOptions(
                    Height: images.Height,
                    Width: images.Width,
                    DropPath: options.DropPath,
                    Dropout: options.Dropout,
                    Detector: options.Detector,
                    Segmenter: options.Segmenter));
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            throw new InvalidFileException(
                path, $"its model cannot be made ({ExceptionText.Of(error)})", "Restore the file, or begin a new run.", error);
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
