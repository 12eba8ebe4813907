using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Fovea;

/// <summary>JSON text of files, parsed strictly, and records read from it by the framework's generated code.</summary>
internal static class JsonText
{
    // Of a name that stands twice, nobody knows which value is meant.
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    /// <summary>Parses one value whole: all names and texts in it are valid, and no name stands twice in an object.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonException">The text is not one such value.</exception>
    public static JsonDocument Parse(string json)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(json, _strict);
            RequireValidTexts(document.RootElement);
            return document;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            throw new JsonException("a name or text in it is not valid Unicode", error);
        }
    }

    /// <summary>Parses one object.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="JsonException">The text is not one object, a name stands twice, or a name or text is not valid.</exception>
    public static JsonObject ParseObject(string json)
    {
        using JsonDocument document = Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? JsonObject.Create(document.RootElement.Clone())!
            : throw new JsonException($"{Kind(document.RootElement)} stands where a JSON object is expected");
    }

    /// <summary>Reads a record; members that the object does not have keep their initial values.</summary>
    /// <param name="json">The object.</param>
    /// <param name="initial">Record with the initial values, also of the records in it.</param>
    /// <param name="type">The generated code.</param>
    /// <exception cref="JsonException">A value is not what its member takes; the message names the member.</exception>
    /// <remarks>Generated code sets init-only members that are missing to zero: so none is missing in what it gets.</remarks>
    public static T Read<T>(JsonObject json, T initial, JsonTypeInfo<T> type)
        where T : class
    {
        JsonObject whole = JsonSerializer.SerializeToNode(initial, type)!.AsObject();
        LayOver(whole, json);
        try
        {
            return whole.Deserialize(type)!;
        }
        catch (JsonException error)
        {
            throw Unfit(error);
        }
    }

    /// <summary>Name of a JSON value's kind, for error messages.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "a JSON object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    /// <summary>Lays an object over another: its members take the place of the other's, those of objects in both one by one.</summary>
    /// <param name="under">The object that is changed.</param>
    /// <param name="over">The members that count.</param>
    public static void LayOver(JsonObject under, JsonObject over)
    {
        foreach ((string name, JsonNode? value) in over)
        {
            if (value is JsonObject inner && under[name] is JsonObject initial)
            {
                LayOver(initial, inner);
            }
            else
            {
                under[name] = value?.DeepClone();
            }
        }
    }

    /// <summary>The error of a value that generated code does not take, named by its place and without types of .NET.</summary>
    private static JsonException Unfit(JsonException error)
    {
        string reason = error.InnerException is Exception cause ? $": {cause.Message}" : "";
        return new JsonException($"the value of '{error.Path?.TrimStart('$', '.')}' does not fit{reason}", error);
    }

    /// <summary>Reads every name and text once: an escape that stands for half a character is found only then.</summary>
    private static void RequireValidTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    _ = member.Name;
                    RequireValidTexts(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement entry in value.EnumerateArray())
                {
                    RequireValidTexts(entry);
                }

                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            default:
                break;
        }
    }
}
