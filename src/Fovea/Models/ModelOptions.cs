using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Models;

/// <summary>Changes to a registered model; options that are null stay as the variant has them.</summary>
/// <param name="Classes">Number of classes; 0 for a network without a head.</param>
/// <param name="Height">Rows of the images that position embeddings are made for.</param>
/// <param name="Width">Columns of the images that position embeddings are made for.</param>
/// <param name="DropPath">Probability of dropping the last block's branches in training.</param>
/// <param name="Dropout">Dropout in front of the classifier.</param>
/// <param name="Detector">Options of a detection head.</param>
/// <param name="NormEpsilon">
/// Number that batch normalisations add to the variance, where the family has them; 0 in the detectors of torchvision's first release.
/// </param>
/// <param name="Segmenter">Options of a segmentation head.</param>
/// <remarks>Checkpoints hold the options as JSON, where a member that is missing has the value that its parameter has here.</remarks>
public sealed record ModelOptions(
    int? Classes = null,
    int? Height = null,
    int? Width = null,
    float? DropPath = null,
    float? Dropout = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DetectorOptions? Detector = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] float? NormEpsilon = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SegmenterOptions? Segmenter = null)
{
    /// <summary>
    /// Reads what <see cref="ToJson"/> wrote. Names may begin with capitals, and members that are not known are passed over.
    /// </summary>
    /// <param name="json">One JSON object.</param>
    /// <exception cref="JsonException">The text is not such an object.</exception>
    internal static ModelOptions FromJson(string json) => JsonText.Read(json, ModelInfoJson.Default.ModelOptions);

    /// <summary>Writes all members as one JSON object on one line.</summary>
    internal string ToJson() => JsonSerializer.Serialize(this, ModelInfoJson.Default.ModelOptions);
}
