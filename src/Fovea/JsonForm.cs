using System.Text;
using System.Text.Json;

namespace Fovea;

/// <summary>
/// JSON object that is read or written member by member. A record names each of its members once, in one expression that serves both ways:
/// <c>this with { Height = form.Integer("height", Height) }</c>.
/// </summary>
/// <remarks>
/// For what every prediction reads: under the just-in-time compiler, the framework's serializer makes a cold process compile some four
/// hundred methods, with generated code as by reflection.
/// </remarks>
internal sealed class JsonForm
{
    private readonly Utf8JsonWriter? _writer;
    private readonly JsonElement _object;
    private readonly List<string> _names = [];

    private JsonForm(JsonElement element, Utf8JsonWriter? writer = null) => (_object, _writer) = (element, writer);

    /// <summary>Reads a record.</summary>
    /// <param name="json">One JSON object; the case of names does not matter.</param>
    /// <param name="passesOver">
    /// True to pass over members that are not known, as later versions may write; otherwise they are errors.
    /// </param>
    /// <param name="members">Takes the members' values from the form.</param>
    /// <exception cref="JsonException">The text is not one JSON object, or a value is not what its member asks for.</exception>
    public static T Read<T>(string json, bool passesOver, Func<JsonForm, T> members)
        where T : class
    {
        using JsonDocument document = JsonText.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"{JsonText.Kind(document.RootElement)} stands where a JSON object is expected");
        }

        JsonForm form = new(document.RootElement);
        T value;
        try
        {
            value = members(form);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException)
        {
            throw new JsonException($"the value of '{form._names[^1]}' does not fit: {error.Message}", error);
        }

        if (!passesOver)
        {
            form.RequireKnownNames();
        }

        return value;
    }

    /// <summary>Writes a record as one JSON object on one line.</summary>
    /// <param name="members">Gives the members' values to the form.</param>
    public static string Write(Action<JsonForm> members) => Write(writer =>
    {
        writer.WriteStartObject();
        members(new JsonForm(default, writer));
        writer.WriteEndObject();
    });

    /// <summary>Reads or writes a whole number.</summary>
    public int Integer(string name, int value)
    {
        _writer?.WriteNumber(name, value);
        return Find(name) is JsonElement element ? element.GetInt32() : value;
    }

    /// <summary>Reads or writes a whole number that may be null.</summary>
    public int? Integer(string name, int? value)
    {
        if (value is int number)
        {
            _writer?.WriteNumber(name, number);
        }
        else
        {
            _writer?.WriteNull(name);
        }

        return Find(name) is JsonElement element ? IsNull(element) ? null : element.GetInt32() : value;
    }

    /// <summary>Reads or writes a 32-bit floating point number that may be null.</summary>
    public float? Float(string name, float? value)
    {
        if (value is float number)
        {
            _writer?.WriteNumber(name, number);
        }
        else
        {
            _writer?.WriteNull(name);
        }

        return Find(name) is JsonElement element ? IsNull(element) ? null : element.GetSingle() : value;
    }

    /// <summary>Reads or writes a truth value.</summary>
    public bool Boolean(string name, bool value)
    {
        _writer?.WriteBoolean(name, value);
        return Find(name) is JsonElement element ? element.GetBoolean() : value;
    }

    /// <summary>Reads or writes one of several words, by its index.</summary>
    public int Word(string name, string[] words, int index)
    {
        _writer?.WriteString(name, words[index]);
        if (Find(name) is not JsonElement element)
        {
            return index;
        }

        int found = Array.IndexOf(words, element.GetString());
        return found >= 0
            ? found
            : throw new JsonException($"'{name}' is {element.GetRawText()}; known are {string.Join(", ", words[..^1])} and {words[^1]}");
    }

    /// <summary>Reads or writes a list of 32-bit floating point numbers.</summary>
    public float[] Floats(string name, float[] values)
    {
        if (_writer is not null)
        {
            _writer.WriteStartArray(name);
            foreach (float number in values)
            {
                _writer.WriteNumberValue(number);
            }

            _writer.WriteEndArray();
        }

        if (Find(name) is not JsonElement list)
        {
            return values;
        }

        float[] numbers = new float[list.GetArrayLength()];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = list[i].GetSingle();
        }

        return numbers;
    }

    /// <summary>Reads a list of texts.</summary>
    /// <param name="json">One JSON list.</param>
    /// <exception cref="JsonException">The text is not such a list.</exception>
    public static string[] ReadTexts(string json)
    {
        using JsonDocument document = JsonText.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException($"{JsonText.Kind(document.RootElement)} stands where a list is expected");
        }

        string[] texts = new string[document.RootElement.GetArrayLength()];
        int index = 0;
        foreach (JsonElement text in document.RootElement.EnumerateArray())
        {
            texts[index++] = text.ValueKind == JsonValueKind.String
                ? text.GetString()!
                : throw new JsonException($"{JsonText.Kind(text)} stands in a list of texts");
        }

        return texts;
    }

    /// <summary>Writes a list of texts.</summary>
    /// <param name="texts">The texts.</param>
    public static string WriteTexts(IReadOnlyList<string> texts) => Write(writer =>
    {
        writer.WriteStartArray();
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    });

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static bool IsNull(JsonElement element) => element.ValueKind == JsonValueKind.Null;

    /// <summary>Finds a member of the object that is read; null where it has none, or where an object is written.</summary>
    private JsonElement? Find(string name)
    {
        _names.Add(name);
        if (_writer is not null)
        {
            return null;
        }

        JsonElement? found = null;
        foreach (JsonProperty member in _object.EnumerateObject())
        {
            if (string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase))
            {
                found = found is null ? member.Value : throw new JsonException($"'{name}' stands twice");
            }
        }

        return found;
    }

    private void RequireKnownNames()
    {
        foreach (JsonProperty member in _object.EnumerateObject())
        {
            if (!_names.Contains(member.Name, StringComparer.OrdinalIgnoreCase))
            {
                throw new JsonException($"there is no member '{member.Name}'");
            }
        }
    }
}
