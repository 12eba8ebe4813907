using System.Text.Json;

namespace Fovea;

/// <summary>Small helpers for reading JSON.</summary>
internal static class JsonMembers
{
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
            texts[index++] = text.ValueKind == JsonValueKind.String
                ? text.GetString()!
                : throw new JsonException($"{Kind(text)} stands in a list of texts");
        }

        return texts;
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
}
