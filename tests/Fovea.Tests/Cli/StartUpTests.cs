using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Models;
using Fovea.Tests.Library;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Cli;

/// <summary>What a cold process waits for before its first prediction: not the time, which belongs to the machine, but the work.</summary>
public sealed class StartUpTests
{
    [Fact]
    public void A_cold_prediction_compiles_no_options_of_training_or_of_other_verbs()
    {
        using TemporaryFolder folder = new();
        using FreshCheckpoint checkpoint = new();
        string image = folder.File("image.png");
        File.WriteAllBytes(image, PngEncoder.Encode(FreshCheckpoint.Image(1)));
        string compiled = folder.File("compiled.txt");

        // The runtime lists every method that it had to compile.
        string answer = ChildProcess.Dotnet(
            ChildProcess.Repository,
            [typeof(CommandLine).Assembly.Location, "predict", checkpoint.Path, image],
            ("DOTNET_JitStdOutFile", compiled),
            ("DOTNET_JitDisasmSummary", "1"));

        Assert.Contains("apple", answer, StringComparison.Ordinal);
        string[] methods = File.ReadAllLines(compiled);
        Assert.Contains(methods, method => method.Contains("PredictVerb", StringComparison.Ordinal));
        string[] unwanted = ["Fovea.Training.TrainingOptions", "Fovea.Cli.Verbs.TrainVerb:.ctor", "Fovea.Cli.Verbs.BenchVerb:.ctor"];
        Assert.DoesNotContain(methods, method => unwanted.Any(start => method.Contains(start, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_command_line_makes_the_verb_that_it_begins_with_and_only_that()
    {
        Assert.All(CommandLine.Verbs(), verb =>
        {
            Verb made = Assert.Single(CommandLine.VerbsFor([verb.Command.Name, "--help"]));
            Assert.Equal(verb.GetType(), made.GetType());
        });
        int all = CommandLine.Verbs().Length;
        Assert.All(
            (string[][])[[], ["--help"], ["--json", "version"], ["predictt"]],
            arguments => Assert.Equal(all, CommandLine.VerbsFor(arguments).Length));
    }

    [Theory]
    [InlineData("native")]
    [InlineData("native-any")]
    public void The_profiles_that_the_pages_name_publish_one_native_program(string name)
    {
        string folder = Path.Combine(ChildProcess.Repository, "src/Fovea.Cli/Properties/PublishProfiles");
        XElement profile = XDocument.Load(Path.Combine(folder, $"{name}.pubxml")).Root!;
        XElement whole = profile.Element("Import") is XElement import
            ? XDocument.Load(Path.Combine(folder, import.Attribute("Project")!.Value)).Root!
            : profile;
        Assert.Equal("true", whole.Descendants("PublishAot").Single().Value);
        string page = File.ReadAllText(Path.Combine(ChildProcess.Repository, "docs/shipping.md"));
        Assert.Contains($"-p:PublishProfile={name}", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cold_process_starts_with_quick_code()
    {
        // Loops fully compiled at first, or instrumented code, cost the first prediction a quarter more.
        string settings = Path.ChangeExtension(typeof(CommandLine).Assembly.Location, ".runtimeconfig.json");
        JsonObject properties = JsonNode.Parse(File.ReadAllText(settings))!["runtimeOptions"]!["configProperties"]!.AsObject();
        Assert.False((bool)properties["System.Runtime.TieredPGO"]!);
        Assert.False((bool)properties["System.GC.Concurrent"]!);
        Assert.DoesNotContain("System.Runtime.TieredCompilation", properties.Select(property => property.Key));
        Assert.DoesNotContain("System.Runtime.TieredCompilation.QuickJitForLoops", properties.Select(property => property.Key));
    }

    [Fact]
    public void Every_member_of_what_a_checkpoint_says_of_itself_survives_being_written_and_read()
    {
        DetectorOptions detector = new() { Channels = 32, AnchorRatios = [1, 3], AnchorSizes = [[8], [16, 24]], TrainingProposals = 50 };
        SegmenterOptions segmenter = new() { Channels = 32, PoolingBins = [1, 4], Auxiliary = true };
        ModelOptions options = new(7, 96, 128, DropPath: 0.25f, Dropout: 0.125f, detector, NormEpsilon: 0.001f, Segmenter: segmenter);
        Assert.Equal(options.ToJson(), ModelOptions.FromJson(options.ToJson()).ToJson());
        Assert.Equal(segmenter.PoolingBins, ModelOptions.FromJson(options.ToJson()).Segmenter!.PoolingBins);
        Assert.Equal(detector.AnchorSizes, ModelOptions.FromJson(options.ToJson()).Detector!.AnchorSizes);
        Assert.Equal(new ModelOptions(), ModelOptions.FromJson(new ModelOptions().ToJson()));
        Assert.Equal(new ModelOptions(Classes: 3), ModelOptions.FromJson("""{"Classes": 3, "height": null, "later": {}}"""));
        Assert.All(typeof(ModelOptions).GetProperties(), member => Assert.NotNull(member.GetValue(options)));

        Preprocessing preprocessing = new()
        {
            Height = 30,
            Width = 20,
            Channels = 1,
            Resize = ResizeRule.Exact,
            ResizeTo = 40,
            LongerSide = 50,
            PadTo = 8,
            Aliased = true,
            Interpolation = Interpolation.Bilinear,
            CenterCrop = false,
            ApplyOrientation = false,
            Mean = [0.25f],
            StandardDeviation = [0.75f],
        };
        Assert.Equal(preprocessing.ToJson(), Preprocessing.FromJson(preprocessing.ToJson()).ToJson());
        Assert.Equal(new Preprocessing(), Preprocessing.FromJson(new Preprocessing().ToJson()));
        Assert.All(
            JsonNode.Parse(preprocessing.ToJson())!.AsObject(),
            member => Assert.NotEqual(
                member.Value!.ToJsonString(), JsonNode.Parse(new Preprocessing().ToJson())![member.Key]?.ToJsonString()));
        foreach (ResizeRule rule in Enum.GetValues<ResizeRule>())
        {
            Assert.Equal(rule, Preprocessing.FromJson((new Preprocessing() with { Resize = rule }).ToJson()).Resize);
        }

        foreach (Interpolation filter in Enum.GetValues<Interpolation>())
        {
            Assert.Equal(filter, Preprocessing.FromJson((new Preprocessing() with { Interpolation = filter }).ToJson()).Interpolation);
        }
    }
}
