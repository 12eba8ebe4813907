using System.Text.Json.Nodes;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>Member in which recipes differ.</summary>
/// <param name="Member">Its name, with dots between those of objects in each other, such as <c>training.learningRate</c>.</param>
/// <param name="Values">Its value in each recipe as JSON, in their order; null where a recipe does not have it.</param>
public sealed record RecipeDifference(string Member, IReadOnlyList<string?> Values)
{
    // Words about a recipe, which change nothing of what it does.
    private static readonly string[] _remarks = ["$schema", "description", "notRun"];

    /// <summary>Compares recipes member by member; a member that a recipe does not have counts with its default.</summary>
    /// <param name="recipes">The recipes, two or more.</param>
    /// <returns>Members that are not the same in all, in the order in which files have them.</returns>
    /// <exception cref="InvalidFileException">A value of a recipe does not fit.</exception>
    public static IReadOnlyList<RecipeDifference> Between(IReadOnlyList<Recipe> recipes)
    {
        ArgumentNullException.ThrowIfNull(recipes);
        Dictionary<string, string>[] all = [.. recipes.Select(Leaves)];
        return
        [
            .. all.SelectMany(leaves => leaves.Keys)
                .Distinct()
                .Where(member => all.DistinctBy(leaves => leaves.GetValueOrDefault(member)).Count() > 1)
                .Select(member => new RecipeDifference(member, [.. all.Select(leaves => leaves.GetValueOrDefault(member))])),
        ];
    }

    private static Dictionary<string, string> Leaves(Recipe recipe)
    {
        JsonObject whole = recipe.ToJson();
        whole["testChooses"] = recipe.TestChooses;
        whole["training"] = recipe.ToOptions().ToJson();
        foreach (string remark in _remarks)
        {
            whole.Remove(remark);
        }

        Dictionary<string, string> leaves = [];
        Add(leaves, "", whole);
        return leaves;
    }

    private static void Add(Dictionary<string, string> leaves, string place, JsonObject json)
    {
        foreach ((string name, JsonNode? value) in json)
        {
            if (value is JsonObject inner)
            {
                Add(leaves, RecipeMembers.Join(place, name), inner);
            }
            else if (value is not null)
            {
                leaves[RecipeMembers.Join(place, name)] = value.ToJsonString();
            }
        }
    }
}
