using System.Text.Json.Serialization;
using Fovea.Data;

namespace Fovea.Models;

/// <summary>Generated code for what a checkpoint says of its model; names of options began with capitals in early files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ModelOptions))]
[JsonSerializable(typeof(SegmentationLabels))]
[JsonSerializable(typeof(string[]), TypeInfoPropertyName = "ClassNames")]
internal sealed partial class ModelInfoJson : JsonSerializerContext;
