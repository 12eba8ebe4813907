using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fovea.Tests.Golden;

/// <summary>One golden case as its file has it (see cases/FORMAT.md).</summary>
internal sealed class GoldenCase
{
    private readonly JsonElement _root;

    public GoldenCase(string path)
    {
        Path = path;
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        _root = document.RootElement.Clone();
    }

    /// <summary>The case of another model beside one, such as a teacher: the same inputs, its own name and options.</summary>
    public GoldenCase(GoldenCase beside, string model, JsonElement options)
    {
        Path = beside.Path;
        JsonObject root = JsonObject.Create(beside._root)!.DeepClone().AsObject();
        root["model"] = model;
        foreach (JsonProperty option in options.EnumerateObject())
        {
            root["options"]![option.Name] = JsonNode.Parse(option.Value.GetRawText());
        }

        using JsonDocument document = JsonDocument.Parse(root.ToJsonString());
        _root = document.RootElement.Clone();
    }

    public string Path { get; }

    public string Model => _root.GetProperty("model").GetString()!;

    public string Kind => _root.TryGetProperty("kind", out JsonElement kind) ? kind.GetString()! : "";

    public bool Training => _root.GetProperty("mode").GetString() == "train";

    public JsonElement Options => _root.GetProperty("options");

    public int[] InputShape => Ints(_root.GetProperty("input").GetProperty("shape"));

    public JsonElement Root => _root;

    /// <summary>
    /// All inputs by name: those with values bring them, the others are filled by the formula. A list of inputs holds all of them.
    /// </summary>
    public IEnumerable<(string Name, int[] Shape, float[] Values)> Inputs
    {
        get
        {
            OrderedDictionary<string, JsonElement> inputs = [];
            if (_root.TryGetProperty("input", out JsonElement input) && input.TryGetProperty("shape", out _) && !Has("inputs"))
            {
                inputs["input"] = input;
            }

            foreach ((string name, JsonElement value) in Entries("inputs"))
            {
                inputs[name] = value;
            }

            if (input.ValueKind == JsonValueKind.Object && input.TryGetProperty("more", out JsonElement more))
            {
                foreach (JsonProperty entry in more.EnumerateObject())
                {
                    inputs[entry.Name] = entry.Value;
                }
            }

            foreach ((string name, JsonElement value) in inputs)
            {
                int[] shape = Ints(value.GetProperty("shape"));
                float[] filled = value.TryGetProperty("values", out JsonElement values)
                    ? [.. Doubles(values).Select(number => (float)number)]
                    : GoldenFill.Tensor(name, shape, input: true);
                yield return (name, shape, filled);
            }
        }
    }

    /// <summary>The outputs whose product with given gradients is the loss.</summary>
    public IReadOnlyList<string> LossOutputs =>
        Options.TryGetProperty("loss_outputs", out JsonElement names)
            ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
            : ["output"];

    public IEnumerable<(string Name, int[] Shape)> State =>
        _root.TryGetProperty("state", out JsonElement state)
            ? state.EnumerateObject().Select(entry => (entry.Name, Ints(entry.Value)))
            : [];

    public static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(element => element.GetInt32())];

    public static double[] Doubles(JsonElement array) => [.. array.EnumerateArray().Select(element => element.GetDouble())];

    public bool Has(string name) => _root.TryGetProperty(name, out _);

    public double Number(string name, double fallback = 0) =>
        _root.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : fallback;

    public IEnumerable<(string Name, JsonElement Value)> Entries(string name) =>
        _root.TryGetProperty(name, out JsonElement entries) ? entries.EnumerateObject().Select(entry => (entry.Name, entry.Value)) : [];

    public double EntryOf(string table, string name, double fallback) =>
        _root.TryGetProperty(table, out JsonElement entries) && entries.TryGetProperty(name, out JsonElement value)
            ? value.GetDouble()
            : fallback;

    public string Option(string name, string fallback) =>
        Options.TryGetProperty(name, out JsonElement value) ? value.GetString()! : fallback;

    /// <summary>A list of numbers; a single one stands for as many as wanted.</summary>
    public double[] Numbers(string name, double[] fallback) => !Options.TryGetProperty(name, out JsonElement value) ? fallback
        : value.ValueKind == JsonValueKind.Array ? Doubles(value)
        : [.. fallback.Select(_ => value.GetDouble())];

    public int Option(string name, int fallback) => Options.TryGetProperty(name, out JsonElement value) ? value.GetInt32() : fallback;

    public bool Option(string name, bool fallback) => Options.TryGetProperty(name, out JsonElement value) ? value.GetBoolean() : fallback;

    public double Option(string name, double fallback) =>
        Options.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : fallback;
}
