using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Models;
using Fovea.Tests.Library;
using Fovea.Training;

namespace Fovea.Tests.Training.Recipes;

/// <summary>The files in <c>recipes/</c>.</summary>
public sealed class RecipeFilesTests
{
    private static readonly JsonSerializerOptions _form =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Recipes and studies by their paths in the repository.</summary>
    public static TheoryData<string> Files =>
    [
        .. Directory.EnumerateFiles(Path.Combine(ChildProcess.Repository, "recipes"), "*.json", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(".schema.json", StringComparison.Ordinal))
            .Select(path => Path.GetRelativePath(ChildProcess.Repository, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void The_schema_of_recipes_is_that_of_the_options() => Match("recipe.schema.json", RecipeSchema.OfRecipe());

    [Fact]
    public void The_schema_of_studies_is_that_of_the_options() => Match("study.schema.json", RecipeSchema.OfStudy());

    [Theory]
    [MemberData(nameof(Files))]
    public void A_recipe_can_be_read_and_names_its_schema(string file)
    {
        string path = Path.Combine(ChildProcess.Repository, file);
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        bool isStudy = json.ContainsKey("base");
        Assert.Equal(
            Path.Combine(ChildProcess.Repository, "recipes", isStudy ? "study.schema.json" : "recipe.schema.json"),
            Path.GetFullPath((string)json["$schema"]!, Path.GetDirectoryName(path)!));
        if (isStudy)
        {
            Assert.All(Study.Read(path).Entries, entry => AssertModel(entry.Recipe));
            return;
        }

        Recipe recipe = Recipe.Read(path);
        Assert.False(string.IsNullOrEmpty(recipe.Description));
        AssertModel(recipe);

        // Those for ImageNet and COCO say what the papers did, and nobody here has their images.
        bool isPublished = file.StartsWith("recipes/imagenet/", StringComparison.Ordinal)
            || file.StartsWith("recipes/coco/", StringComparison.Ordinal);
        Assert.Equal(isPublished, recipe.NotRun is not null);
    }

    [Fact]
    public void Every_member_of_the_schema_says_what_it_is()
    {
        JsonObject options = RecipeSchema.OfRecipe()["$defs"]!["training"]!.AsObject();
        Assert.Equal([], Undescribed(options, "training"));
        Assert.Equal(20, (int)options["properties"]!["epochs"]!["default"]!);
        Assert.Equal("Number of times that all training images are shown.", (string)options["properties"]!["epochs"]!["description"]!);
    }

    private static void AssertModel(Recipe recipe) =>
        Assert.True(ModelRegistry.Contains(recipe.ToOptions().Model));

    private static IEnumerable<string> Undescribed(JsonObject schema, string place)
    {
        foreach ((string name, JsonNode? member) in schema["properties"]!.AsObject())
        {
            if (!member!.AsObject().ContainsKey("description"))
            {
                yield return $"{place}.{name}";
            }

            if (member.AsObject().ContainsKey("properties"))
            {
                foreach (string inner in Undescribed(member.AsObject(), $"{place}.{name}"))
                {
                    yield return inner;
                }
            }
        }
    }

    private static void Match(string name, JsonObject schema)
    {
        string path = Path.Combine(ChildProcess.Repository, "recipes", name);
        string text = schema.ToJsonString(_form).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("FOVEA_WRITE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"There is no {path}: run the test once with FOVEA_WRITE_SNAPSHOTS=1.");
        Assert.True(
            File.ReadAllText(path).ReplaceLineEndings("\n") == text,
            $"recipes/{name} is not up to date: run this test with FOVEA_WRITE_SNAPSHOTS=1 and commit what it writes.");
    }
}
