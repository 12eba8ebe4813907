using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>Names of the members that a recipe may have, taken from the records that they are read into.</summary>
internal static class RecipeMembers
{
    private static readonly string[] _texts = ["$schema", "description", "notRun", "data", "validation", "test"];
    private static readonly string[] _outer = [.. _texts, "testChooses", "training"];

    /// <summary>Refuses members that are not known: a name that is spelt wrong must not pass for a default.</summary>
    /// <param name="recipe">A recipe, or a part of one.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="place">Place of the recipe in the file; empty for the file itself.</param>
    /// <exception cref="InvalidFileException">There is such a member; the message names its place and the nearest name.</exception>
    public static void Check(JsonObject recipe, string path, string place)
    {
        Require(recipe, _outer, path, place);
        foreach (string name in _texts)
        {
            if (recipe[name] is JsonNode node && node.GetValueKind() != JsonValueKind.String)
            {
                throw new InvalidFileException(path, $"the value of '{Join(place, name)}' is not text", "Give it in quotes.");
            }
        }

        Check(recipe["training"]!.AsObject(), TrainingOptionsJson.Default.TrainingOptions, path, Join(place, "training"));
    }

    /// <summary>Refuses members that are not among the given names.</summary>
    /// <param name="json">The object.</param>
    /// <param name="known">Names that it may have.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <param name="place">Its place in the file.</param>
    /// <exception cref="InvalidFileException">There is such a member.</exception>
    public static void Require(JsonObject json, IReadOnlyList<string> known, string path, string place)
    {
        foreach ((string name, _) in json)
        {
            if (!known.Contains(name))
            {
                string advice = Spelling.Nearest(name, known) is string nearest
                    ? $"Is '{nearest}' meant?"
                    : $"Known are {string.Join(", ", known)}.";
                throw new InvalidFileException(path, $"there is no member '{Join(place, name)}'", advice);
            }
        }
    }

    /// <summary>Name of a member with its place in front.</summary>
    public static string Join(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";

    private static void Check(JsonObject json, JsonTypeInfo type, string path, string place)
    {
        if (type.Kind != JsonTypeInfoKind.Object || type.PolymorphismOptions is not null)
        {
            return;
        }

        Dictionary<string, Type> members = type.Properties
            .Where(member => member.Get is not null)
            .ToDictionary(member => member.Name, member => member.PropertyType);
        Require(json, [.. members.Keys], path, place);
        foreach ((string name, JsonNode? value) in json)
        {
            if (value is JsonObject inner && TrainingOptionsJson.Default.GetTypeInfo(members[name]) is JsonTypeInfo memberType)
            {
                Check(inner, memberType, path, Join(place, name));
            }
        }
    }
}
