using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>A mask as COCO's tools write it: size (height, width) and compressed run lengths.</summary>
internal sealed class CompressedMask : JsonConverter<RunLengthMask>
{
    /// <inheritdoc/>
    public override RunLengthMask Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Masks of answers are written and not read.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RunLengthMask value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("size");
        writer.WriteNumberValue(value.Height);
        writer.WriteNumberValue(value.Width);
        writer.WriteEndArray();
        writer.WriteString("counts", value.ToCompressed());
        writer.WriteEndObject();
    }
}
