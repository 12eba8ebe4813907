using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Tests.Training.Recipes;

public sealed class RecipeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Members_that_are_left_out_have_their_defaults_also_within_objects()
    {
        Recipe recipe = Read("""{ "training": { "epochs": 3, "augmentation": { "cropPadding": 2 }, "preprocessing": { "width": 32 } } }""");
        TrainingOptions expected = new()
        {
            Epochs = 3,
            Augmentation = new Augmentation { CropPadding = 2 },
            Preprocessing = new Preprocessing { Width = 32 },
        };
        Assert.Equal(expected.ToJson().ToJsonString(), recipe.ToOptions().ToJson().ToJsonString());
        Assert.True(recipe.Has("augmentation"));
        Assert.False(recipe.Has("batchSize"));
        Assert.Equal(new TrainingOptions().ToJson().ToJsonString(), Recipe.Empty().ToOptions().ToJson().ToJsonString());
    }

    [Theory]
    [InlineData("""{ "mixing": { "mixupAlpha": 1 } }""")]
    [InlineData("""{ "distillation": { "teacher": "/a" } }""")]
    [InlineData("""{ "muon": {} }""")]
    [InlineData("""{ "augmentation": { "randAugment": {}, "colorJitter": {}, "gaussianBlur": {}, "erasing": {} } }""")]
    [InlineData("""{ "augmentation": { "threeAugment": {} } }""")]
    public void An_object_within_the_options_has_the_defaults_of_its_record(string training)
    {
        TrainingOptions expected = new();
        JsonObject json = JsonNode.Parse(training)!.AsObject();
        expected = expected with
        {
            Mixing = json.ContainsKey("mixing") ? new Mixing { MixupAlpha = 1 } : null,
            Distillation = json.ContainsKey("distillation") ? new Distillation { Teacher = "/a" } : null,
            Muon = json.ContainsKey("muon") ? new MuonOptions() : null,
            Augmentation = json["augmentation"] switch
            {
                null => null,
                JsonObject one when one.ContainsKey("threeAugment") => new Augmentation { ThreeAugment = new ThreeAugment() },
                _ => new Augmentation
                {
                    RandAugment = new RandAugment(),
                    ColorJitter = new ColorJitter(),
                    GaussianBlur = new GaussianBlur(),
                    Erasing = new RandomErasing(),
                },
            },
        };
        TrainingOptions options = Read(new JsonObject { ["training"] = json }.ToJsonString()).ToOptions();
        Assert.Equal(expected.ToJson().ToJsonString(), options.ToJson().ToJsonString());
    }

    [Fact]
    public void A_recipe_over_another_counts_member_by_member()
    {
        Recipe below = Read("""{ "data": "images", "training": { "epochs": 3, "augmentation": { "cropPadding": 2, "minScale": 0.5 } } }""");
        Recipe above = Read("""{ "training": { "epochs": 4, "augmentation": { "cropPadding": 1 } } }""");
        TrainingOptions options = above.Over(below).ToOptions();
        Assert.Equal((4, 1, 0.5), (options.Epochs, options.Augmentation!.CropPadding, options.Augmentation.MinScale));
        Assert.Equal(_folder.File("images"), above.Over(below).Data);
        Assert.Null(Read("""{ "training": { "augmentation": null } }""").Over(below).ToOptions().Augmentation);
    }

    [Fact]
    public void Single_members_are_changed_by_their_names()
    {
        Recipe recipe = Recipe.Empty().With("augmentation.cropPadding", "3").With("optimizer", "sgd").With("emaDecay", "0.5");
        TrainingOptions options = recipe.ToOptions();
        Assert.Equal((3, OptimizerKind.Sgd, 0.5), (options.Augmentation!.CropPadding, options.Optimizer, options.EmaDecay));
        Assert.Null(recipe.With("augmentation", "null").ToOptions().Augmentation);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => recipe.With("optimiser", "sgd"));
        Assert.Contains("'optimizer'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Member_names_of_earlier_versions_are_understood() =>
        Assert.Equal(0.5, Read("""{ "training": { "averageDecay": 0.5 } }""").ToOptions().EmaDecay);

    [Fact]
    public void Remarks_and_paths_are_kept()
    {
        Recipe recipe = Read(
            """{ "description": "Why.", "notRun": "Because.", "data": "a/b", "validation": "../c", "testChooses": true }""");
        Assert.Equal(("Why.", "Because.", true), (recipe.Description, recipe.NotRun, recipe.TestChooses));
        Assert.Equal(_folder.File("a/b"), recipe.Data);
        Assert.Equal(Path.Combine(Path.GetDirectoryName(_folder.Path)!, "c"), recipe.Validation);
    }

    [Fact]
    public void Recipes_that_say_the_same_in_other_words_do_not_differ()
    {
        Recipe brief = Read("""{ "description": "One.", "training": { "epochs": 3 } }""");
        JsonObject options = brief.ToOptions().ToJson();
        Recipe full = Read(new JsonObject { ["testChooses"] = false, ["training"] = options }.ToJsonString());
        Assert.Empty(RecipeDifference.Between([brief, full]));
        RecipeDifference difference = Assert.Single(RecipeDifference.Between([brief, full.With("epochs", "4"), brief]));
        Assert.Equal("training.epochs", difference.Member);
        Assert.Equal(["3", "4", "3"], difference.Values);
    }

    public void Dispose() => _folder.Dispose();

    private Recipe Read(string json)
    {
        File.WriteAllText(_folder.File("recipe.json"), json);
        return Recipe.Read(_folder.File("recipe.json"));
    }
}
