using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Members of a recipe that <c>--set NAME=VALUE</c> changes.</summary>
internal static class ChosenMembers
{
    /// <summary>Changes members of a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="settings">Names and values, such as <c>mixing.mixupAlpha=0.2</c>.</param>
    /// <exception cref="UsageException">One is not such a pair, or does not fit.</exception>
    public static Recipe Apply(Recipe recipe, IReadOnlyList<string> settings)
    {
        foreach (string setting in settings)
        {
            if (setting.Split('=', 2) is not [{ Length: > 0 } member, string value])
            {
                throw new UsageException($"--set {setting} is not understood: give a member and its value, such as batchSize=32.");
            }

            try
            {
                recipe = recipe.With(member, value);
                recipe.ToOptions();
            }
            catch (InvalidFileException error)
            {
                throw new UsageException($"--set {setting}: {error.Problem}. {string.Join(" ", error.Remedies.Select(RemedyText.Of))}");
            }
        }

        return recipe;
    }
}
