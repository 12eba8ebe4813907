using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Content of a run folder's <c>config.json</c>: where the images are, and the options of training.</summary>
/// <param name="Data">Path of the data set, as <see cref="Datasets.Open"/> takes it.</param>
/// <param name="Validation">Path of the validation set; null for the data set's own test part, or a share of its training images.</param>
/// <param name="Options">Options that decide the weights.</param>
public sealed record RunConfiguration(string Data, string? Validation, TrainingOptions Options)
{
    private const string Remedy = "Restore the file, or begin a new run.";

    /// <summary>Opens the images of the run.</summary>
    /// <returns>
    /// The training images; and those of <see cref="Validation"/>, else of the set's own test part, else the share of the training images
    /// that <see cref="TrainingOptions.ValidationFraction"/> sets aside, else null.
    /// </returns>
    /// <exception cref="InvalidDatasetException">A set is not there, or cannot be used; the message says why.</exception>
    public (IImageDataset Training, IImageDataset? Validation) OpenData()
    {
        IImageDataset all = Datasets.Open(Data);
        if (Validation is not null)
        {
            return (all, Datasets.Open(Validation));
        }

        if (Datasets.OpenTest(Data) is IImageDataset test)
        {
            return (all, test);
        }

        return Options.ValidationFraction == 0 ? (all, null) : SubsetDataset.Split(all, Options.ValidationFraction, Options.Seed);
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

        if (json["validation"] is not null && Text(json["validation"]) is null)
        {
            throw new InvalidFileException(path, "the entry 'validation' is not the path of a data set", Remedy);
        }

        TrainingOptions options = TrainingOptions.FromJson(training, path);
        RequireModel(options, path);
        return new RunConfiguration(data, Text(json["validation"]), options);
    }

    /// <summary>Writes the configuration as a JSON object.</summary>
    internal JsonObject ToJson() => new() { ["data"] = Data, ["validation"] = Validation, ["training"] = Options.ToJson() };

    /// <summary>Checks that there is such a model, and that it takes images of the size; no memory is taken.</summary>
    private static void RequireModel(TrainingOptions options, string path)
    {
        try
        {
            Preprocessing images = options.Preprocessing;
            ModelRegistry.Create(
                ModelRegistry.Resolve(options.Model),
                new ModelOptions(Height: images.Height, Width: images.Width, DropPath: options.DropPath, Dropout: options.Dropout));
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            throw new InvalidFileException(
                path, $"its model cannot be made ({ExceptionText.Of(error)})", "Restore the file, or begin a new run.", error);
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
