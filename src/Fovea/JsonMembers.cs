using System.Text.Json;

namespace Fovea;

/// <summary>
/// Reads small JSON texts member by member. The framework's serializer does so by reflection, for which a cold process compiles some three hundred methods:
/// what every prediction from the command line would wait for.
/// </summary>
internal static class JsonMembers
{
    /// <summary>Gives each member of an object to its reader.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="read">Takes a member's name and value; it may use the value's own checked conversions.</param>
    /// <exception cref="JsonException">The text is not one JSON object, or a value is not what its reader asks it for.</exception>
    public static void Read(string json, Action<string, JsonElement> read)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"{Kind(document.RootElement)} stands where a JSON object is expected");
        }

        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            try
            {
                read(member.Name, member.Value);
            }
            catch (Exception error) when (error is InvalidOperationException or FormatException)
            {
                throw new JsonException($"the value of '{member.Name}' does not fit: {error.Message}", error);
            }
        }
    }

    /// <summary>Reads a list of texts.</summary>
    /// <param name="json">One JSON list.</param>
    /// <exception cref="JsonException">The text is not such a list.</exception>
    public static string[] Texts(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException($"{Kind(document.RootElement)} stands where a list is expected");
        }

        string[] texts = new string[document.RootElement.GetArrayLength()];
        int index = 0;
        foreach (JsonElement text in document.RootElement.EnumerateArray())
        {
            texts[index++] = text.ValueKind == JsonValueKind.String ? text.GetString()! : throw new JsonException($"{Kind(text)} stands in a list of texts");
        }

        return texts;
    }

    /// <summary>What a JSON value is, in words.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "a JSON object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
