using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Tasks;

namespace Fovea.Server;

/// <summary>Generated code for the server's own answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(ModelCards))]
[JsonSerializable(typeof(Started))]
internal sealed partial class ServerJson : JsonSerializerContext
{
    /// <summary>Generated code for answers, which are written letter by letter as the command writes them.</summary>
    public static AnswerJson Answers { get; } = new(new JsonSerializerOptions(AnswerJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
