using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Server;

/// <summary>Parameters of a request or tensor; those that the protocol's extension of binary tensors has.</summary>
internal sealed record InferParameters
{
    /// <summary>Bytes of the tensor behind the JSON.</summary>
    public long? BinaryDataSize { get; init; }

    /// <summary>True to get an output's tensor behind the JSON.</summary>
    public bool? BinaryData { get; init; }

    /// <summary>True to get the tensors of all outputs behind the JSON.</summary>
    public bool? BinaryDataOutput { get; init; }
}

/// <summary>Tensor of a request.</summary>
/// <param name="Name">Name of the input.</param>
/// <param name="Shape">Lengths of its axes.</param>
/// <param name="Datatype">Type of its elements.</param>
/// <param name="Parameters">Parameters.</param>
/// <param name="Data">Elements, row-major, in a list or in nested lists.</param>
internal sealed record InferInput(string? Name, long[]? Shape, string? Datatype, InferParameters? Parameters, JsonElement? Data);

/// <summary>Output that is asked for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Parameters.</param>
internal sealed record InferWanted(string? Name, InferParameters? Parameters);

/// <summary>Request for an inference.</summary>
/// <param name="Id">Name of the request, which the answer repeats.</param>
/// <param name="Parameters">Parameters.</param>
/// <param name="Inputs">Tensors.</param>
/// <param name="Outputs">Outputs that are asked for; all where null.</param>
internal sealed record InferRequest(
    string? Id, InferParameters? Parameters, IReadOnlyList<InferInput>? Inputs, IReadOnlyList<InferWanted>? Outputs);

/// <summary>Tensor of an answer.</summary>
/// <param name="Name">Name of the output.</param>
/// <param name="Datatype">Type of its elements.</param>
/// <param name="Shape">Lengths of its axes.</param>
/// <param name="Parameters">Parameters; null where the elements stand in the JSON.</param>
/// <param name="Data">Elements, row-major; null where they stand behind the JSON.</param>
internal sealed record InferOutput(string Name, string Datatype, long[] Shape, InferParameters? Parameters, JsonElement? Data);

/// <summary>Answer to a request for an inference.</summary>
/// <param name="ModelName">Name of the model.</param>
/// <param name="ModelVersion">Version of the model.</param>
/// <param name="Id">Name of the request.</param>
/// <param name="Outputs">Tensors.</param>
internal sealed record InferResponse(string ModelName, string ModelVersion, string? Id, IReadOnlyList<InferOutput> Outputs);

/// <summary>Description of a tensor.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Type of its elements.</param>
/// <param name="Shape">Lengths of its axes; −1 for any.</param>
internal sealed record TensorMetadata(string Name, string Datatype, long[] Shape);

/// <summary>Description of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">Its versions.</param>
/// <param name="Platform">What runs it.</param>
/// <param name="Inputs">Inputs, of which a request has one.</param>
/// <param name="Outputs">Outputs.</param>
internal sealed record ModelMetadata(
    string Name,
    IReadOnlyList<string> Versions,
    string Platform,
    IReadOnlyList<TensorMetadata> Inputs,
    IReadOnlyList<TensorMetadata> Outputs);

/// <summary>Description of the server.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">Extensions of the protocol.</param>
internal sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>Answer to the question whether the server lives.</summary>
/// <param name="Live">Always true.</param>
internal sealed record LiveAnswer(bool Live);

/// <summary>Answer to the question whether the server, or a model, answers requests.</summary>
/// <param name="Ready">True if it does.</param>
/// <param name="State">State of the server: starting, ready, draining.</param>
internal sealed record ReadyAnswer(bool Ready, string State);

/// <summary>Readiness of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ready">True if it answers requests.</param>
internal sealed record ModelReadyAnswer(string Name, bool Ready);

/// <summary>Generated code for the Open Inference Protocol.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    MaxDepth = 16)]
[JsonSerializable(typeof(InferRequest))]
[JsonSerializable(typeof(InferResponse))]
[JsonSerializable(typeof(ModelMetadata))]
[JsonSerializable(typeof(ServerMetadata))]
[JsonSerializable(typeof(LiveAnswer))]
[JsonSerializable(typeof(ReadyAnswer))]
[JsonSerializable(typeof(ModelReadyAnswer))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(int[]))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class ProtocolJson : JsonSerializerContext;
