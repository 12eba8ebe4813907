using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
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
        Require(document.RootElement, JsonValueKind.Object);
        return JsonObject.Create(document.RootElement.Clone())!;
    }

    /// <summary>Reads a list, or a record whose members are all parameters of its constructor and have their defaults if missing.</summary>
    /// <param name="json">The text.</param>
    /// <param name="type">The generated code.</param>
    /// <exception cref="JsonException">The text is not such a value; the message names the member.</exception>
    public static T Read<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        using JsonDocument document = Parse(json);
        Require(document.RootElement, type.Kind == JsonTypeInfoKind.Object ? JsonValueKind.Object : JsonValueKind.Array);
        return Take(() => document.Deserialize(type)!, type);
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
        return Take(() => whole.Deserialize(type)!, type);
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

    private static void Require(JsonElement value, JsonValueKind kind)
    {
        if (value.ValueKind != kind)
        {
            string expected = kind == JsonValueKind.Object ? "a JSON object" : "a list";
            throw new JsonException($"{Kind(value)} stands where {expected} is expected");
        }
    }

    /// <summary>Takes what generated code reads; its errors are worded anew, without types of .NET.</summary>
    private static T Take<T>(Func<T> read, JsonTypeInfo type)
    {
        try
        {
            return read();
        }
        catch (JsonException error)
        {
            throw new JsonException(Problem(error, type), error);
        }
    }

    /// <summary>Finds the member that an error is about, for the words that it takes, or because there is no such member.</summary>
    private static string Problem(JsonException error, JsonTypeInfo type)
    {
        string place = error.Path?.TrimStart('$', '.') ?? "";
        JsonTypeInfo? taken = type;
        foreach (string name in place.Split('.', '['))
        {
            JsonPropertyInfo? member = taken?.Properties.FirstOrDefault(each => each.Name == name);
            if (member is null && taken?.UnmappedMemberHandling == JsonUnmappedMemberHandling.Disallow)
            {
                return $"there is no member '{place}'";
            }

            Type? inner = member is null ? null : Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
            taken = inner is null ? null : type.Options.GetTypeInfo(inner);
        }

        string reason = error.InnerException is Exception cause ? $": {cause.Message}" : "";
        string words = taken?.GetJsonSchemaAsNode()["enum"] is JsonArray known ? $"; known are {string.Join(", ", known)}" : "";
        return $"the value of '{place}' does not fit{reason}{words}";
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
