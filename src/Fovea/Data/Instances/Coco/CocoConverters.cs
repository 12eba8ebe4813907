using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>The flag of crowds, which COCO writes as 0 or 1 and others as false or true.</summary>
internal sealed class CocoCrowdConverter : JsonConverter<bool>
{
    public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Number when reader.TryGetInt32(out int flag) && flag is 0 or 1 => flag == 1,
        _ => throw new JsonException(null, new FormatException("0 or 1 is expected")),
    };

    public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteNumberValue(value ? 1 : 0);
}

/// <summary>
/// Outlines: a list of polygons, or an object with the size (height, width) and the runs, as numbers or compressed.
/// An empty list is no outline.
/// </summary>
internal sealed class CocoSegmentationConverter : JsonConverter<CocoSegmentation>
{
    public override CocoSegmentation? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return reader.TokenType switch
            {
                JsonTokenType.StartArray => ReadPolygons(ref reader),
                JsonTokenType.StartObject => new CocoSegmentation(ReadMask(ref reader)),
                _ => throw new FormatException("a list of polygons or an object with 'size' and 'counts' is expected"),
            };
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidOperationException)
        {
            throw new JsonException(null, new FormatException(ExceptionText.Of(error), error));
        }
    }

    public override void Write(Utf8JsonWriter writer, CocoSegmentation value, JsonSerializerOptions options)
    {
        if (value.Mask is RunLengthMask mask)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("size");
            writer.WriteNumberValue(mask.Height);
            writer.WriteNumberValue(mask.Width);
            writer.WriteEndArray();
            writer.WriteString("counts", mask.ToCompressed());
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartArray();
        foreach (IReadOnlyList<double> polygon in value.Polygons!)
        {
            writer.WriteStartArray();
            foreach (double coordinate in polygon)
            {
                writer.WriteNumberValue(coordinate);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static CocoSegmentation? ReadPolygons(ref Utf8JsonReader reader)
    {
        List<double[]> polygons = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            List<double> coordinates = [];
            RequireList(ref reader, "a polygon is a list of numbers");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                coordinates.Add(reader.GetDouble());
            }

            polygons.Add([.. coordinates]);
        }

        return polygons.Count > 0 ? new CocoSegmentation(polygons) : null;
    }

    private static RunLengthMask ReadMask(ref Utf8JsonReader reader)
    {
        int[]? size = null;
        int[]? counts = null;
        string? compressed = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            bool isSize = reader.ValueTextEquals("size"u8);
            bool isCounts = reader.ValueTextEquals("counts"u8);
            reader.Read();
            if (isSize)
            {
                size = ReadIntegers(ref reader);
            }
            else if (isCounts && reader.TokenType == JsonTokenType.String)
            {
                compressed = reader.GetString();
            }
            else if (isCounts)
            {
                counts = ReadIntegers(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        if (size is not [int height, int width] || height < 1 || width < 1)
        {
            throw new FormatException("'size' is expected to be the mask's height and width");
        }

        return compressed is not null ? RunLengthMask.Parse(height, width, compressed)
            : counts is not null ? RunLengthMask.FromCounts(height, width, counts)
            : throw new FormatException("'counts' is missing");
    }

    private static int[] ReadIntegers(ref Utf8JsonReader reader)
    {
        List<int> numbers = [];
        RequireList(ref reader, "a list of whole numbers is expected");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(reader.GetInt32());
        }

        return [.. numbers];
    }

    private static void RequireList(ref Utf8JsonReader reader, string expected)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new FormatException(expected);
        }
    }
}
