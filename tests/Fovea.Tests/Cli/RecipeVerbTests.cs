using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Tests.Training;
using Fovea.Training;

namespace Fovea.Tests.Cli;

public sealed class RecipeVerbTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task The_configuration_of_a_run_is_a_recipe_that_starts_it_again_to_the_same_bits()
    {
        string run = _folder.File("run");
        string config = Path.Combine(trained.Run, "config.json");
        await CliRun.Succeeds("train", "--recipe", config, "--threads", "1", "--out", run);
        TinyRun.AssertSame(RunFolder.Open(trained.Run), RunFolder.Open(run), epochs: 2);
        Assert.Equal(await File.ReadAllTextAsync(config), await File.ReadAllTextAsync(Path.Combine(run, "config.json")));
    }

    [Fact]
    public async Task A_recipe_with_members_of_every_kind_is_kept_whole_by_its_run()
    {
        string teacher = Path.GetRelativePath(_folder.Path, trained.Checkpoint);
        string recipe = Write($$"""
            {
              "training": {
                "epochs": 2, "batchSize": 4, "accumulationSteps": 2, "optimizer": "lamb", "learningRate": 0.003, "schedule": "poly",
                "emaDecay": 0.9, "adaptiveClip": 0.1, "layerDecay": 0.9, "objective": "binaryCrossEntropy",
                "preprocessing": { "height": 16, "width": 16 },
                "augmentation": { "randAugment": { "magnitude": 5 }, "erasing": { "fill": "pixel" }, "repeats": 2 },
                "mixing": { "mixupAlpha": 0.8, "cutMixAlpha": 1, "plainEpochs": 1 },
                "distillation": { "teacher": "{{teacher}}", "kind": "soft", "temperature": 2 }
              }
            }
            """);
        (string first, string second) = (_folder.File("first"), _folder.File("second"));
        await CliRun.Succeeds("train", trained.Data, "--recipe", recipe, "--threads", "2", "--out", first);
        TrainingOptions options = RunFolder.OpenRead(first).ReadConfig().Options;
        Assert.Equal(trained.Checkpoint, options.Distillation!.Teacher);
        Assert.Equal((5.0, 10.0), (options.Augmentation!.RandAugment!.Magnitude, options.Augmentation.RandAugment.MaxMagnitude));
        await CliRun.Succeeds("train", "--recipe", Path.Combine(first, "config.json"), "--threads", "1", "--out", second);
        TinyRun.AssertSame(RunFolder.Open(first), RunFolder.Open(second), epochs: 2);
    }

    [Fact]
    public async Task Options_that_are_given_change_single_members_of_a_recipe()
    {
        string recipe = Write("""
            {
              "description": "Small and quick.",
              "notRun": "for this test",
              "training": {
                "epochs": 7, "batchSize": 5, "optimizer": "sgd", "learningRate": 0.03, "warmUpEpochs": 3, "emaDecay": 0.5,
                "preprocessing": { "height": 16, "width": 16 },
                "augmentation": { "cropPadding": 3 }
              }
            }
            """);
        string run = _folder.File("run");
        (_, _, string error) = await CliRun.Run(
            [
                "train", trained.Data, "--recipe", recipe, "--epochs", "1", "--optimizer", "adamw", "--set", "labelSmoothing=0.25",
                "--no-flip", "--threads", "1", "--out", run,
            ]);
        Assert.Contains("not run by those who wrote it down: for this test", error, StringComparison.Ordinal);
        TrainingOptions options = RunFolder.OpenRead(run).ReadConfig().Options;
        Assert.Equal((1, 5, OptimizerKind.AdamW), (options.Epochs, options.BatchSize, options.Optimizer));
        Assert.Equal((0.03, 1.0, 0.5, 0.25f), (options.LearningRate, options.WarmUpEpochs, options.EmaDecay, options.LabelSmoothing));
        Assert.Equal((16, true), (options.Preprocessing.Height, options.Preprocessing.ApplyOrientation));
        Assert.Equal((3, 0.0), (options.Augmentation!.CropPadding, options.Augmentation.FlipProbability));
    }

    [Fact]
    public async Task Paths_of_a_recipe_begin_at_its_file()
    {
        Directory.CreateDirectory(_folder.File("recipes"));
        string recipe = Write(
            $$"""{ "data": "{{Path.GetRelativePath(_folder.File("recipes"), trained.Data)}}", "training": { "epochs": 1 } }""",
            "recipes/tiny.json");
        await CliRun.Succeeds(
            "train", "--recipe", recipe, "--size", "16", "--batch", "8", "--threads", "1", "--out", _folder.File("run"));
        Assert.Equal(trained.Data, RunFolder.OpenRead(_folder.File("run")).ReadConfig().Data);
    }

    [Fact]
    public async Task A_test_set_of_its_own_measures_the_best_epoch()
    {
        string data = TinyImages.Write(_folder.File("data"), 6);
        string test = TinyImages.Write(_folder.File("test"), 5, seed: 3);
        string run = _folder.File("run");
        JsonObject answer = await CliRun.Succeeds(
            "train", data, "--test", test, "--size", "16", "--batch", "4", "--epochs", "1", "--threads", "1", "--out", run);
        Assert.Equal(("test", 15), ((string)answer["evaluatedOn"]!, (int)answer["images"]!));
        Assert.Equal(test, RunFolder.OpenRead(run).ReadConfig().Test);

        string recipe = Write("""{ "data": "data", "test": "test", "training": { "epochs": 1, "batchSize": 4 } }""");
        answer = await CliRun.Succeeds("train", "--recipe", recipe, "--size", "16", "--threads", "1", "--out", _folder.File("other"));
        Assert.Equal(("test", 15), ((string)answer["evaluatedOn"]!, (int)answer["images"]!));

        string strange = TinyImages.Write(_folder.File("strange"), 1, 1, "apple", "zebra");
        await CliRun.Fails(
            ExitCodes.BadInput, ["test set", "zebra"], "train", data, "--test", strange, "--size", "16", "--out", _folder.File("none"));
    }

    [Theory]
    [InlineData("""{ "training": { "epoch": 3 } }""", "training.epoch", "'epochs'")]
    [InlineData("""{ "training": { "Epochs": 3 } }""", "training.Epochs", "'epochs'")]
    [InlineData("""{ "traning": {} }""", "traning", "'training'")]
    [InlineData("""{ "training": { "augmentation": { "cropPading": 3 } } }""", "training.augmentation.cropPading", "'cropPadding'")]
    [InlineData("""{ "training": { "preprocessing": { "hight": 3 } } }""", "training.preprocessing.hight", "'height'")]
    [InlineData("""{ "training": { "epochs": "three" } }""", "epochs", "does not fit")]
    [InlineData("""{ "training": { "epochs": 0 } }""", "Epochs", "at least 1")]
    [InlineData("""{ "training": 3 }""", "training", "JSON object")]
    [InlineData("""{ "data": 3 }""", "data", "text")]
    [InlineData("""[]""", "recipe.json", "JSON")]
    public async Task A_recipe_with_a_mistake_is_refused_with_its_place(string json, params string[] words) =>
        await CliRun.Fails(ExitCodes.BadInput, words, "train", trained.Data, "--recipe", Write(json), "--out", _folder.File("run"));

    [Fact]
    public async Task Wrong_uses_of_recipes_are_named()
    {
        string[] train = ["train", trained.Data, "--out", _folder.File("run")];
        await CliRun.Fails(ExitCodes.WrongUsage, ["--set epochs", "batchSize=32"], [.. train, "--set", "epochs"]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--set mixing.mixupAlfa=1", "'mixupAlpha'"], [.. train, "--set", "mixing.mixupAlfa=1"]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--set epochs=0", "at least 1"], [.. train, "--set", "epochs=0"]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["DATA", "--recipe"], "train", "--recipe", Write("{}"), "--out", _folder.File("run"));
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["take one of the two"], [.. train, "--from", trained.Checkpoint, "--backbone-from", trained.Checkpoint]);
        await CliRun.Fails(ExitCodes.BadInput, ["nowhere.json"], [.. train, "--recipe", "nowhere.json"]);
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--recipe", "--set"], "train", "--resume", "--set", "epochs=3", "--out", trained.Run);
        Assert.False(Directory.Exists(_folder.File("run")));
    }

    [Fact]
    public async Task A_refused_continuation_leaves_the_configuration_alone()
    {
        string run = _folder.File("run");
        string data = TinyImages.Write(_folder.File("data"), 8);
        await CliRun.Succeeds(
            "train", data, "--size", "16", "--batch", "8", "--epochs", "1", "--validation-fraction", "0", "--threads", "1", "--out", run);
        string before = await File.ReadAllTextAsync(Path.Combine(run, "config.json"));
        File.Delete(Path.Combine(data, "apple", "00.png"));
        await CliRun.Fails(ExitCodes.BadInput, ["24 training images", "23"], "train", "--resume", "--epochs", "2", "--out", run);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(run, "config.json")));
        Assert.NotNull(RunFolder.OpenRead(run).ReadResult());
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string json, string name = "recipe.json")
    {
        File.WriteAllText(_folder.File(name), json);
        return _folder.File(name);
    }
}
