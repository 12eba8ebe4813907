using System.Text.Json.Serialization;
using Fovea.Data;

namespace Fovea.Tasks;

/// <summary>An object that a <see cref="Detector"/> found.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Score">Score, 0 to 1.</param>
/// <param name="Box">Box in pixels of the image, with the index of the class.</param>
/// <param name="Mask">Pixels of the object, of the image's size; null where the model gives none.</param>
public sealed record Detection(
    string Class,
    float Score,
    [property: JsonConverter(typeof(BoxEdges))] Box Box,
    RunLengthMask? Mask = null);
