using System.Text;
using System.Text.Json;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Tests.Library;
using Fovea.Training;

namespace Fovea.Tests.Formats;

/// <summary>JSON that nobody wrote: each kind of file is read or refused with its documented exception, and never with another.</summary>
public sealed class BrokenJsonTests : IDisposable
{
    private static readonly string _run = Path.Combine(ChildProcess.Repository, "tests/Fovea.Tests/Checkpoints/files/run-0.1.0");
    private static readonly Dictionary<string, string> _metadata = new()
    {
        ["fovea.model"] = "cmt_nano",
        ["fovea.options"] = """{"classes":2,"height":32,"width":32,"dropPath":0.1,"dropout":null}""",
        ["fovea.classes"] = """["cat","dog"]""",
        ["fovea.preprocessing"] = new Preprocessing { Height = 32, Width = 32 }.ToJson(),
        ["fovea.training"] = new TrainingPosition(1, 2, 3, 4.5, [6], 7, 0.8, 9, 10).ToJson(),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Broken_configurations_of_runs_are_refused()
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        run.WriteConfig(new RunConfiguration("images", "others", new TrainingOptions { Augmentation = new(), DropPath = 0.1f }));
        AssertRefused<InvalidFileException>(File.ReadAllText(run.ConfigPath), 2000, json =>
        {
            File.WriteAllText(run.ConfigPath, json);
            run.ReadConfig().Options.Validate();
        });
        AssertRefused<InvalidFileException>(File.ReadAllText(Path.Combine(_run, "config.json")), 500, json =>
        {
            File.WriteAllText(run.ConfigPath, json);
            run.ReadConfig().Options.Validate();
        });
    }

    [Fact]
    public void Broken_metrics_are_refused()
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        string lines = string.Concat(File.ReadLines(Path.Combine(_run, "metrics.jsonl")).Take(3).Select(line => line + "\n"));
        AssertRefused<InvalidFileException>(lines, 2000, json =>
        {
            File.WriteAllText(run.MetricsPath, json);
            Assert.All(run.ReadMetrics(), line => Assert.True((long)line["step"]! >= 0));
        });
    }

    [Fact]
    public void Broken_preprocessing_is_refused() =>
        AssertRefused<UnusableDataException>(_metadata["fovea.preprocessing"], 3000, json => Preprocessing.FromJson(json).Validate());

    [Theory]
    [InlineData("fovea.options")]
    [InlineData("fovea.classes")]
    [InlineData("fovea.preprocessing")]
    [InlineData("fovea.training")]
    public void Broken_metadata_of_checkpoints_are_refused(string entry)
    {
        string path = _folder.File("broken.safetensors");
        AssertRefused<InvalidFileException>(_metadata[entry], 500, json =>
        {
            WriteMetadata(path, entry, json);
            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            _ = Checkpoint.CreateNetwork(Checkpoint.ReadInfo(file), path);
            _ = TrainingPosition.FromJson(file);
        });
    }

    [Fact]
    public void Broken_headers_of_safetensors_files_are_refused()
    {
        string path = _folder.File("broken.safetensors");
        const string header = """
            {"__metadata__":{"a":"b","c":""},
            "w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"x":{"dtype":"I8","shape":[],"data_offsets":[8,9]}}
            """;
        AssertRefused<InvalidFileException>(header, 2000, json =>
        {
            WriteHeader(path, json, new byte[9]);
            SafeTensorsFile.Open(path).Dispose();
        });
    }

    [Theory]
    [InlineData("\"epochs\": 20", "\"epochs\": \"many\"", "epochs")]
    [InlineData("\"mean\": [", "\"mean\": null, \"other\": [", "mean")]
    [InlineData("\"cropPadding\": 0", "\"cropPadding\": -1", "crop padding")]
    [InlineData("\"cropPadding\": 0", "\"cropPadding\": 1.5", "augmentation.cropPadding")]
    [InlineData("\"optimizer\": \"adamW\"", "\"optimizer\": 7", "optimizer")]
    [InlineData("\"data\": \"images\"", "\"data\": \"images\", \"data\": \"others\"", "data")]
    [InlineData("\"validation\": null", "\"validation\": 5", "validation")]
    [InlineData("\"validation\": null", "\"validation\": \"\\ud800\"", "not valid Unicode")]
    public void The_member_that_is_wrong_is_named(string written, string broken, string named)
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        run.WriteConfig(new RunConfiguration("images", null, new TrainingOptions { Augmentation = new() }));
        string json = File.ReadAllText(run.ConfigPath);
        Assert.Contains(written, json, StringComparison.Ordinal);
        File.WriteAllText(run.ConfigPath, json.Replace(written, broken, StringComparison.Ordinal));
        InvalidFileException error = Assert.Throws<InvalidFileException>(run.ReadConfig);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_position_before_the_beginning_is_refused()
    {
        string path = _folder.File("broken.safetensors");
        WriteMetadata(path, "fovea.training", new TrainingPosition(Batch: -1).ToJson());
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => TrainingPosition.FromJson(file));
        Assert.Contains("'Batch' is below 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_configuration_leaves_out_has_its_default()
    {
        // Version 0.1.0 left out what it did not have: it took images as they are stored, and let a test part choose.
        RunFolder run = RunFolder.Create(_folder.File("run"));
        File.WriteAllText(
            run.ConfigPath, """{"data":"images","training":{"preprocessing":{"height":64},"augmentation":{"cropPadding":2}}}""");
        Assert.Equal(
            new RunConfiguration(
                "images",
                null,
                new TrainingOptions
                {
                    Preprocessing = new() { Height = 64, ApplyOrientation = false },
                    Augmentation = new Augmentation { CropPadding = 2 },
                })
            {
                TestChooses = true,
            },
            run.ReadConfig());
    }

    private static void WriteMetadata(string path, string entry, string json)
    {
        Dictionary<string, string> metadata = new(_metadata) { [entry] = json };
        WriteHeader(path, $"{{\"__metadata__\":{JsonSerializer.Serialize(metadata)}}}", []);
    }

    private static void WriteHeader(string path, string json, byte[] values)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)text.Length), .. text, .. values]);
    }

    /// <summary>Reads broken forms of a text; most of them must be refused, each with the given exception.</summary>
    private static void AssertRefused<T>(string json, int count, Action<string> read)
        where T : Exception
    {
        read(json);
        int refused = 0;
        foreach (string broken in JsonMutations.Of(json, count))
        {
            try
            {
                read(broken);
            }
            catch (T)
            {
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"{error}\n{broken}");
            }
        }

        Assert.InRange(refused, count / 2, count);
    }
}
