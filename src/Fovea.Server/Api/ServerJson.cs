using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Fovea.Tasks;

namespace Fovea.Server;

/// <summary>Generated code for the server's own answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(ModelCards))]
[JsonSerializable(typeof(ExplainableModel))]
[JsonSerializable(typeof(ExplanationsAnswer))]
[JsonSerializable(typeof(Started))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    // Answers are written letter by letter as the command writes them.
    private static readonly Lazy<JsonSerializerOptions> _answers = new(() => new JsonSerializerOptions(AnswerJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(AnswerJson.Default, ServerJson.Default),
    });

    /// <summary>Generated code for an answer of a task.</summary>
    /// <typeparam name="T">Type of the answer.</typeparam>
    public static JsonTypeInfo<T> Answer<T>() => (JsonTypeInfo<T>)_answers.Value.GetTypeInfo(typeof(T));
}
