using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Data;

namespace Fovea.Tasks;

/// <summary>A box as the list of its edges; the class stands beside it by name.</summary>
internal sealed class BoxEdges : JsonConverter<Box>
{
    /// <inheritdoc/>
    public override Box Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Answers are written and not read.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Box value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteNumberValue(value.Left);
        writer.WriteNumberValue(value.Top);
        writer.WriteNumberValue(value.Right);
        writer.WriteNumberValue(value.Bottom);
        writer.WriteEndArray();
    }
}
