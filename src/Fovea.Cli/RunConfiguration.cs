using System.Text.Json.Nodes;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>What a run folder's <c>config.json</c> holds: where the images are, and the options of training.</summary>
/// <param name="Data">The data set.</param>
/// <param name="Validation">The validation set, or null.</param>
/// <param name="Options">What decides the weights.</param>
internal sealed record RunConfiguration(string Data, string? Validation, TrainingOptions Options)
{
    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidFileException">Something is missing.</exception>
    public static RunConfiguration FromJson(JsonObject json, string path)
    {
        if (Text(json["data"]) is not string data || json["training"] is not JsonObject training)
        {
            throw new InvalidFileException(path, "the entry 'data' or 'training' is missing", "Restore the file, or begin a new run.");
        }

        return new RunConfiguration(data, Text(json["validation"]), TrainingOptions.FromJson(training, path));
    }

    /// <summary>The configuration as a JSON object.</summary>
    public JsonObject ToJson() => new() { ["data"] = Data, ["validation"] = Validation, ["training"] = Options.ToJson() };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
