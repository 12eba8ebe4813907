using System.Text.Json.Serialization;

namespace Fovea.Tasks;

/// <summary>
/// Generated code for answers as JSON: what <c>fovea predict --json</c>, <c>fovea detect --json</c> and the server write. A box is the
/// list of its edges (left, top, right, bottom); a mask is COCO's compressed run lengths with its size (height, width).
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ClassesAnswer))]
[JsonSerializable(typeof(DetectionsAnswer))]
public sealed partial class AnswerJson : JsonSerializerContext;
