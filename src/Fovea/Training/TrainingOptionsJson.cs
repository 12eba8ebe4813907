using System.Text.Json.Serialization;

namespace Fovea.Training;

/// <summary>Generated code for the options of a run, as <c>config.json</c> has them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    Converters =
    [
        typeof(OptimizerKindConverter),
        typeof(MuonScalingConverter),
        typeof(ScheduleKindConverter),
        typeof(ObjectiveKindConverter),
        typeof(DistillationKindConverter),
    ])]
[JsonSerializable(typeof(TrainingOptions))]
internal sealed partial class TrainingOptionsJson : JsonSerializerContext;
