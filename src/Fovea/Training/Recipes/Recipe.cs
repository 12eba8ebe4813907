using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>
/// Experiment as one file: a JSON object in the form of a run's <c>config.json</c>, where members may be missing and then keep their
/// defaults. <c>recipes/recipe.schema.json</c> of the repository describes the form.
/// </summary>
/// <remarks>
/// A recipe is strict where a <c>config.json</c>, which may be of another version, is not: a member that is not known is an error. Paths in
/// it are relative to its file.
/// </remarks>
public sealed class Recipe
{
    private const string Advice = "Correct the file; recipes/recipe.schema.json describes its form.";
    private const string TrainingKey = "training";

    private readonly JsonObject _json;

    private Recipe(JsonObject json, string path) => (_json, Path) = (json, path);

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Purpose of the recipe, as its author says; null where nothing is said.</summary>
    public string? Description => Text("description");

    /// <summary>Reason why nobody ran the recipe with this library, such as the data that it asks for; null where it was run.</summary>
    public string? NotRun => Text("notRun");

    /// <summary>Full path of the data set; null where the recipe leaves that open.</summary>
    public string? Data => Text("data");

    /// <summary>Full path of the validation set; null for the data set's own part, or a share of its training images.</summary>
    public string? Validation => Text("validation");

    /// <summary>Full path of the set that measures the best checkpoint; null for the data set's own test part.</summary>
    public string? Test => Text("test");

    /// <summary>Choice of the best epoch by a test part, as <see cref="RunConfiguration.TestChooses"/> has it.</summary>
    public bool TestChooses => _json["testChooses"] is JsonValue value && value.TryGetValue(out bool chooses) && chooses;

    private JsonObject Training => _json[TrainingKey]!.AsObject();

    /// <summary>Makes a recipe without any member: all options have their defaults.</summary>
    public static Recipe Empty() => new(new JsonObject { [TrainingKey] = new JsonObject() }, "");

    /// <summary>Reads a recipe, or the <c>config.json</c> of a run.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing or is not a JSON object, a member is not known, or a value does not fit; the message names it.
    /// </exception>
    public static Recipe Read(string path)
    {
        Recipe recipe = FromJson(ReadObject(path), path);
        recipe.ToOptions();
        return recipe;
    }

    /// <summary>Gives the recipe of a run.</summary>
    /// <param name="configuration">Configuration of the run.</param>
    public static Recipe Of(RunConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return FromJson(configuration.ToJson(), "config.json", "", Directory.GetCurrentDirectory());
    }

    /// <summary>Reads the JSON object of a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">The file is missing or is not a JSON object.</exception>
    internal static JsonObject ReadObject(string path)
    {
        try
        {
            return JsonText.ParseObject(File.ReadAllText(path));
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(path, $"it is not JSON ({ExceptionText.Of(error)})", Advice, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(path, $"it cannot be read ({ExceptionText.Of(error)})", "Name a file that is there.", error);
        }
    }

    /// <summary>Takes a recipe, or a part of one, from a JSON object.</summary>
    /// <param name="json">The object.</param>
    /// <param name="path">File that it stands in, for messages and for paths in it.</param>
    /// <param name="place">Place in the file, such as <c>base</c>; empty for the file itself.</param>
    /// <exception cref="InvalidFileException">A member is not known, or one outside of the options has another type.</exception>
    internal static Recipe FromJson(JsonObject json, string path, string place = "") =>
        FromJson(json, path, place, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);

    /// <summary>True if an option stands in the recipe, and is not just its default.</summary>
    /// <param name="member">Name in the file, such as <c>batchSize</c>.</param>
    public bool Has(string member) => Training.ContainsKey(member);

    /// <summary>Lays this recipe over another: its members count, those that it does not have are the other's.</summary>
    /// <param name="other">The recipe below.</param>
    public Recipe Over(Recipe other)
    {
        ArgumentNullException.ThrowIfNull(other);
        JsonObject whole = other._json.DeepClone().AsObject();
        JsonText.LayOver(whole, _json);
        return new Recipe(whole, Path);
    }

    /// <summary>Copy with one option changed.</summary>
    /// <param name="member">Its name, with dots between those of objects in each other: <c>augmentation.flipProbability</c>.</param>
    /// <param name="value">
    /// Its value as JSON; text that is not JSON is taken as text. A relative path begins at the current directory.
    /// </param>
    /// <exception cref="InvalidFileException">There is no such option; the message names the nearest.</exception>
    public Recipe With(string member, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(member);
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            node = JsonValue.Create(value);
        }

        foreach (string name in member.Split('.').Reverse())
        {
            node = new JsonObject { [name] = node };
        }

        return FromJson(new JsonObject { [TrainingKey] = node }, Path, "", Directory.GetCurrentDirectory()).Over(this);
    }

    /// <summary>Options of training; members that the recipe does not have keep their defaults.</summary>
    /// <exception cref="InvalidFileException">A value does not fit; the message names it.</exception>
    public TrainingOptions ToOptions()
    {
        JsonObject training = Training.DeepClone().AsObject();
        training.TryAdd("preprocessing", new JsonObject());
        if (training["preprocessing"] is JsonObject preprocessing)
        {
            // Only in files of version 0.1.0 does its absence say something.
            preprocessing.TryAdd("applyOrientation", true);
        }

        try
        {
            return TrainingOptions.FromJson(training, Path);
        }
        catch (InvalidFileException error)
        {
            throw new InvalidFileException(Path, error.Problem, Advice, error);
        }
    }

    /// <summary>The recipe as a JSON object, with full paths.</summary>
    public JsonObject ToJson() => _json.DeepClone().AsObject();

    private static Recipe FromJson(JsonObject json, string path, string place, string folder)
    {
        JsonObject whole = json.DeepClone().AsObject();
        whole[TrainingKey] = whole[TrainingKey] switch
        {
            null => new JsonObject(),
            JsonObject training => OldNames.Renew(training),
            _ => throw new InvalidFileException(path, $"{RecipeMembers.Join(place, TrainingKey)} is not a JSON object", Advice),
        };
        RecipeMembers.Check(whole, path, place);
        RecipePaths.MakeFull(whole, folder);
        return new Recipe(whole, path);
    }

    private string? Text(string name) => _json[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
