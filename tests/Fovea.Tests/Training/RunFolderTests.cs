using System.Text.Json.Nodes;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Metrics_come_back_as_they_were_appended()
    {
        RunFolder run = RunFolder.Create(_folder.File("a/b"));
        run.AppendMetrics(10, new JsonObject { ["loss"] = 2.5, ["phase"] = "train" });
        run.AppendMetrics(20, new JsonObject { ["loss"] = double.NaN });
        Assert.Equal("{\"step\":10,\"loss\":2.5,\"phase\":\"train\"}\n{\"step\":20,\"loss\":\"NaN\"}\n", File.ReadAllText(run.MetricsPath));
        Assert.Equal([10L, 20L], run.ReadMetrics().Select(line => (long)line["step"]!));
    }

    [Fact]
    public void Lines_after_the_resumed_step_are_cut_off_and_so_is_a_line_cut_short()
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        run.CutMetricsAfter(5);
        run.WriteConfig(Config("images"));
        for (int step = 1; step <= 6; step++)
        {
            run.AppendMetrics(step, new JsonObject { ["loss"] = 1.0 / step });
        }

        string[] lines = File.ReadAllLines(run.MetricsPath);
        File.AppendAllText(run.MetricsPath, "{\"step\":7,\"lo");
        Assert.Equal(6, run.ReadMetrics().Count);

        RunFolder resumed = RunFolder.Open(run.Path);
        resumed.CutMetricsAfter(4);
        Assert.Equal(lines[..4], File.ReadAllLines(run.MetricsPath));
        resumed.AppendMetrics(5, new JsonObject { ["loss"] = 0.2 });
        Assert.Equal(lines[..5], File.ReadAllLines(run.MetricsPath));
    }

    [Fact]
    public void A_broken_line_is_named()
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        foreach (string broken in new[] { "{", "7", "{}", "{\"step\":\"x\"}", "", "null", "{\"step\":8,\"step\":2}" })
        {
            File.WriteAllText(run.MetricsPath, $"{{\"step\":1}}\n{broken}\n{{\"step\":3}}\n");
            Assert.Contains("line 2 is not", Assert.Throws<InvalidFileException>(run.ReadMetrics).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\\ud800\":1,\"")]
    [InlineData("training\":{},\"")]
    public void A_configuration_with_a_name_that_stands_twice_or_is_no_text_is_refused(string name)
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        run.WriteConfig(Config("images"));
        string whole = File.ReadAllText(run.ConfigPath);
        File.WriteAllText(run.ConfigPath, whole.Replace("\"validation\"", $"\"{name}validation\"", StringComparison.Ordinal));
        Assert.Contains(run.ConfigPath, Assert.Throws<InvalidFileException>(run.ReadConfig).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_checkpoints_is_kept_unless_it_may_be_overwritten()
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        run.WriteConfig(Config("images"));
        run.AppendMetrics(1, []);
        using (new TensorBoardWriter(run.Path, "train"))
        {
        }

        File.WriteAllText(_folder.File("run/notes.txt"), "mine");
        RunFolder.Create(run.Path).WriteConfig(Config("images"));
        File.WriteAllText(run.LastCheckpointPath, "weights");
        UnwritableFileException error = Assert.Throws<UnwritableFileException>(() => RunFolder.Create(run.Path));
        Assert.Equal([new Remedy.ResumeOrOverwrite()], error.Remedies);
        Assert.Contains("RunFolder.Open", error.Message, StringComparison.Ordinal);
        RunFolder.Create(run.Path, overwrite: true);
        Assert.Equal(["notes.txt", "run.lock"], Directory.GetFiles(run.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void What_a_killed_process_left_is_cleared_away()
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        run.WriteConfig(Config("images"));
        File.WriteAllText(_folder.File("run/.last.safetensors.123.partial"), "half");
        RunFolder.Open(run.Path);
        Assert.Equal(["config.json", "run.lock"], Directory.GetFiles(run.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_configuration_comes_back_and_a_broken_one_is_named()
    {
        RunFolder run = RunFolder.Create(_folder.File("run"));
        TrainingOptions options = new() { LearningRate = 1e-3, DropPath = 0.25f, Augmentation = new() };
        RunConfiguration config = new("images", "others", options);
        run.WriteConfig(config);
        Assert.Equal(config, RunFolder.Open(run.Path).ReadConfig());
        File.WriteAllText(run.ConfigPath, "[1");
        Assert.Contains(run.ConfigPath, Assert.Throws<InvalidFileException>(run.ReadConfig).Message, StringComparison.Ordinal);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => RunFolder.Open(_folder.File("none")));
        Assert.Contains("holds no run", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_hold_the_run_is_refused_before_it_starts()
    {
        File.WriteAllText(_folder.File("file"), "");
        UnwritableFileException error = Assert.Throws<UnwritableFileException>(() => RunFolder.Create(_folder.File("file")));
        Assert.Contains("a file stands", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<UnwritableFileException>(() => RunFolder.Create(_folder.File("run"), bytesNeeded: long.MaxValue));
        Assert.Contains("MB left", error.Message, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            // Nobody can write there, not even root.
            Assert.Throws<UnwritableFileException>(() => RunFolder.Create("/proc/run"));
            Assert.Throws<UnwritableFileException>(() => RunFolder.Create("/proc/self"));
        }
    }

    private static RunConfiguration Config(string data) => new(data, null, new TrainingOptions());
}
