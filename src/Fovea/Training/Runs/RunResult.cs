using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>Result of a finished run, as its folder keeps it.</summary>
public sealed record RunResult
{
    /// <summary>Share of images whose class the best checkpoint finds, from 0 to 1.</summary>
    public double Top1 { get; init; }

    /// <summary>Share of images whose class is among its five most probable, from 0 to 1.</summary>
    public double Top5 { get; init; }

    /// <summary>Mean cross-entropy.</summary>
    public double Loss { get; init; }

    /// <summary>Figures of a detector; null for other models.</summary>
    public DetectionFigures? Detection { get; init; }

    /// <summary>Figures of a segmentation; null for other models.</summary>
    public SegmentationFigures? Segmentation { get; init; }

    /// <summary>Part of the data that was evaluated: test, validation or training.</summary>
    public string EvaluatedOn { get; init; } = "";

    /// <summary>Number of images that were evaluated.</summary>
    public long Images { get; init; }

    /// <summary>Epochs that were trained.</summary>
    public int Epochs { get; init; }

    /// <summary>Seconds of training, evaluation apart.</summary>
    public double Seconds { get; init; }

    /// <summary>Figure by which runs are compared: mIoU, AP of masks, AP of boxes or top-1, whichever the run has first.</summary>
    [JsonIgnore]
    public Metric Score => this switch
    {
        { Segmentation: { } pixels } => new Metric(RunSummary.MeanOverlap, pixels.MIoU),
        { Detection.Segm: { } masks } => new Metric(RunSummary.MaskAp, masks["AP"]),
        { Detection.Bbox: { } boxes } => new Metric(RunSummary.BoxAp, boxes["AP"]),
        _ => new Metric(RunSummary.Top1, Top1),
    };

    /// <summary>Reads a result.</summary>
    /// <exception cref="InvalidFileException">The file is not one.</exception>
    internal static RunResult Read(string path)
    {
        try
        {
            return JsonText.Read(JsonText.ParseObject(File.ReadAllText(path)), new RunResult(), RunResultJson.Default.RunResult);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(
                path,
                $"it is not the result of a run ({ExceptionText.Of(error)})",
                "Remove it and resume the run, which writes it anew.",
                error);
        }
    }

    /// <summary>The result as a JSON object.</summary>
    internal JsonObject ToJson()
    {
        JsonObject json = JsonSerializer.SerializeToNode(this, RunResultJson.Default.RunResult)!.AsObject();
        foreach (string ofClassifier in Detection is null && Segmentation is null ? Array.Empty<string>() : ["top1", "top5", "loss"])
        {
            json.Remove(ofClassifier);
        }

        return json;
    }
}

/// <summary>Generated code for results.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RunResult))]
internal sealed partial class RunResultJson : JsonSerializerContext;
