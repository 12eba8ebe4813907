using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>One entry of a study: a recipe under a name, trained with some seeds.</summary>
/// <param name="Name">Name of the entry, which no other of the study has.</param>
/// <param name="Over">Name of the entry that it changes and is compared with; null for one that stands by itself.</param>
/// <param name="Seeds">Number of seeds.</param>
/// <param name="Recipe">The whole recipe: the changes laid over that of <paramref name="Over"/>.</param>
public sealed record StudyEntry(string Name, string? Over, int Seeds, Recipe Recipe);

/// <summary>
/// Study as one file: a base recipe, and named changes of it, of which each shows what it is worth. <c>recipes/study.schema.json</c> of
/// the repository describes the form.
/// </summary>
public sealed class Study
{
    /// <summary>Name of the base.</summary>
    public const string BaseName = "base";

    private const string Advice = "Correct the file; recipes/study.schema.json describes its form.";
    private const int BaseSeeds = 3;

    private static readonly string[] _outer = ["$schema", "description", "base", "changes"];
    private static readonly string[] _own = ["name", "recipe", "over", "seeds"];

    private Study(string path, string? description, IReadOnlyList<StudyEntry> entries) =>
        (Path, Description, Entries) = (path, description, entries);

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Question that the study answers, as its author says; null where nothing is said.</summary>
    public string? Description { get; }

    /// <summary>Entries in their order; each stands behind the one that it changes.</summary>
    public IReadOnlyList<StudyEntry> Entries { get; }

    /// <summary>Reads a study.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing or is not a study, a member is not known, or a recipe does not fit; the message names the entry.
    /// </exception>
    public static Study Read(string path)
    {
        JsonObject json = Recipe.ReadObject(path);
        RecipeMembers.Require(json, _outer, path, "");
        if (json["base"] is not JsonObject first)
        {
            throw new InvalidFileException(path, "the entry 'base', an object with the recipe that is changed, is missing", Advice);
        }

        List<StudyEntry> entries = [ReadEntry(first, BaseName, path, [])];
        foreach ((int index, JsonNode? node) in (json["changes"] as JsonArray ?? []).Index())
        {
            string place = $"changes[{index}]";
            entries.Add(node is JsonObject change
                ? ReadEntry(change, place, path, entries)
                : throw new InvalidFileException(path, $"{place} is not a JSON object", Advice));
        }

        return entries.Count > 1
            ? new Study(path, Text(json, "description", path, ""), entries)
            : throw new InvalidFileException(path, "there is nothing in 'changes': a study compares changes with the base", Advice);
    }

    private static StudyEntry ReadEntry(JsonObject json, string place, string path, List<StudyEntry> before)
    {
        bool isBase = before.Count == 0;
        string name = Text(json, "name", path, place) ?? (isBase ? BaseName : throw Wrong("has no name"));
        if (before.Any(entry => entry.Name == name))
        {
            throw Wrong($"has the name '{name}' of an earlier entry");
        }

        string? over = isBase ? null : Text(json, "over", path, place) ?? before[0].Name;
        Recipe under = over is not null
            ? before.FirstOrDefault(entry => entry.Name == over)?.Recipe ?? throw Wrong($"changes '{over}', which is no earlier entry")
            : Text(json, "recipe", path, place) is string file
                ? Recipe.Read(System.IO.Path.GetFullPath(file, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!))
                : Recipe.Empty();
        if (isBase ? json.ContainsKey("over") : json.ContainsKey("recipe"))
        {
            throw Wrong(isBase ? "is the base and changes no other entry: leave out 'over'" : "changes an entry: leave out 'recipe'");
        }

        int seeds = json["seeds"] switch
        {
            null => isBase ? BaseSeeds : 1,
            JsonValue value when value.TryGetValue(out int count) && count > 0 => count,
            _ => throw Wrong("has 'seeds' that are no whole number above 0"),
        };
        JsonObject changes = new(json.Where(member => !_own.Contains(member.Key)).Select(member =>
            KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
        Recipe recipe = Recipe.FromJson(changes, path, place).Over(under);
        recipe.ToOptions();
        return new StudyEntry(name, over, seeds, recipe);

        InvalidFileException Wrong(string problem) => new(path, $"{place} {problem}", Advice);
    }

    private static string? Text(JsonObject json, string name, string path, string place) => json[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw new InvalidFileException(path, $"the value of '{RecipeMembers.Join(place, name)}' is not text", Advice),
    };
}
