using System.Text.Json.Nodes;

namespace Fovea.Training;

/// <summary>Paths in a recipe, which are relative to its file.</summary>
internal static class RecipePaths
{
    private static readonly string[] _members =
        ["data", "validation", "test", "training.from", "training.backboneFrom", "training.distillation.teacher"];

    /// <summary>Makes the paths full.</summary>
    /// <param name="recipe">A recipe, or a part of one.</param>
    /// <param name="folder">Folder that relative ones begin at.</param>
    public static void MakeFull(JsonObject recipe, string folder)
    {
        foreach (string member in _members)
        {
            string[] names = member.Split('.');
            JsonNode? parent = names.SkipLast(1).Aggregate((JsonNode?)recipe, (node, name) => (node as JsonObject)?[name]);
            if (parent?[names[^1]] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0)
            {
                parent[names[^1]] = Path.GetFullPath(text, folder);
            }
        }
    }
}
