using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Compare;

/// <summary>Measurements so far; kept in a file, so that one part can be measured again without the other.</summary>
/// <param name="Inference">Classifiers against ONNX Runtime.</param>
/// <param name="Training">Steps of classifiers against PyTorch.</param>
/// <param name="Detection">Detectors against torchvision.</param>
/// <param name="DetectionTraining">Steps of detectors against torchvision.</param>
/// <param name="Segmentation">Segmentation networks against PyTorch.</param>
/// <param name="SegmentationTraining">Steps of segmentation networks against PyTorch.</param>
internal sealed record Results(
    Section? Inference = null,
    Section? Training = null,
    Section? Detection = null,
    Section? DetectionTraining = null,
    Section? Segmentation = null,
    Section? SegmentationTraining = null)
{
    /// <summary>JSON style of the results.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Reads the file; nothing was measured where there is none.</summary>
    /// <param name="path">The file.</param>
    public static Results Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<Results>(File.ReadAllText(path), Json)! : new Results();

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file.</param>
    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json) + "\n");
}
