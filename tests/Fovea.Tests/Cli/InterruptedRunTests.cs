using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Tests.Data;
using Fovea.Tests.Training;
using Fovea.Training;

namespace Fovea.Tests.Cli;

public sealed class InterruptedRunTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private string[] Train => ["train", trained.Data, "--size", "16", "--batch", "8", "--epochs", "2", "--average", "0.9"];

    [Fact]
    public async Task A_killed_process_is_resumed_to_the_same_bits()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("run");
        using (Process first = Start([.. Train, "--threads", "1", "--out", run]))
        {
            await Until(first, () => File.Exists(Path.Combine(run, "config.json")));
            Kill(first);
        }

        // However late the signal came: this is the state before the first checkpoint.
        File.Delete(Path.Combine(run, "last.safetensors"));

        // A checkpoint after every step, so that some are being written when the process dies.
        string config = Path.Combine(run, "config.json");
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(config))!;
        configuration["training"]!["checkpointMinutes"] = 0;
        File.WriteAllText(config, configuration.ToJsonString());
        int delay = Random.Shared.Next(60);
        using (Process second = Start(["train", "--resume", "--threads", "1", "--out", run]))
        {
            await Until(second, () => File.Exists(Path.Combine(run, "last.safetensors")));
            await Task.Delay(delay);
            Kill(second);
        }

        await CliRun.Succeeds("train", "--resume", "--threads", "3", "--out", run);
        TinyRun.AssertSame(RunFolder.Open(trained.Run), RunFolder.Open(run), epochs: 2);
    }

    [Fact]
    public async Task A_run_on_shards_with_mixing_averages_and_accumulation_is_resumed_to_the_same_bits_however_often_it_is_killed()
    {
        using TemporaryFolder folder = new();
        string shards = WriteShards(folder);
        string recipe = folder.File("recipe.json");
        await File.WriteAllTextAsync(recipe, """
            {
              "training": {
                "model": "cmt_nano", "epochs": 2, "batchSize": 4, "accumulationSteps": 2, "dropPath": 0.2, "optimizer": "muon",
                "emaDecay": 0.9, "shuffleBuffer": 10, "checkpointMinutes": 0, "validationFraction": 0.2,
                "augmentation": { "cropPadding": 2, "repeats": 2, "randAugment": {}, "erasing": { "probability": 0.5, "fill": "pixel" } },
                "mixing": { "mixupAlpha": 0.8, "cutMixAlpha": 1, "mode": "element" }
              }
            }
            """);
        string whole = folder.File("whole");
        await CliRun.Succeeds("train", shards, "--recipe", recipe, "--size", "16", "--threads", "2", "--out", whole);

        string run = folder.File("run");
        string[] arguments = ["train", shards, "--recipe", recipe, "--size", "16", "--threads", "1", "--out", run];
        for (int kill = 0; kill < 3; kill++)
        {
            string last = Path.Combine(run, "last.safetensors");
            DateTime before = File.GetLastWriteTimeUtc(last);
            using Process process = Start(arguments);
            await Until(process, () => process.HasExited || (File.Exists(last) && File.GetLastWriteTimeUtc(last) > before));
            await Task.Delay(Random.Shared.Next(100));
            Kill(process);
            arguments = ["train", "--resume", "--threads", $"{1 + (kill % 2)}", "--out", run];
        }

        await CliRun.Succeeds("train", "--resume", "--threads", "3", "--out", run);
        TinyRun.AssertSame(RunFolder.Open(whole), RunFolder.Open(run), epochs: 2);
    }

    [Fact]
    public async Task Interrupted_training_exits_with_130_and_is_resumed_to_the_same_bits()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("run");
        using CancellationTokenSource atOnce = new();
        atOnce.Cancel();
        (int exitCode, _, string error) = await CliRun.Run([.. Train, "--out", run], cancellation: atOnce.Token);
        Assert.Contains($"--resume --out {run}", error, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Interrupted, true), (exitCode, File.Exists(Path.Combine(run, "last.safetensors"))));

        // Then when the first epoch's line is shown, then while the end is evaluated.
        using CancellationTokenSource later = new();
        using InterruptingWriter writer = new("epoch 1/2", later);
        (exitCode, string output, _) = await CliRun.Run(["train", "--resume", "--out", run], writer, later.Token);
        Assert.Equal(ExitCodes.Interrupted, exitCode);
        Assert.Equal("Interrupted.", ((string)JsonNode.Parse(output)!["error"]!)[..12]);
        Assert.Single(RunFolder.Open(run).ReadMetrics());

        using CancellationTokenSource last = new();
        using InterruptingWriter lastWriter = new("epoch 2/2", last);
        (exitCode, _, _) = await CliRun.Run(["train", "--resume", "--out", run], lastWriter, last.Token);
        Assert.Equal(ExitCodes.Interrupted, exitCode);

        JsonObject answer = await CliRun.Succeeds("train", "--resume", "--out", run);
        Assert.Equal((double)trained.Answer["top1"]!, (double)answer["top1"]!);
        TinyRun.AssertSame(RunFolder.Open(trained.Run), RunFolder.Open(run), epochs: 2);
    }

    [Fact]
    public async Task Interrupted_evaluation_and_prediction_exit_with_130()
    {
        using CancellationTokenSource atOnce = new();
        atOnce.Cancel();
        Assert.Equal(
            ExitCodes.Interrupted, (await CliRun.Run(["evaluate", trained.Checkpoint, trained.Data], cancellation: atOnce.Token)).ExitCode);
        string image = Path.Combine(trained.Data, "test", "apple", "00.png");
        Assert.Equal(
            ExitCodes.Interrupted, (await CliRun.Run(["predict", trained.Checkpoint, image], cancellation: atOnce.Token)).ExitCode);
    }

    [Fact]
    public async Task A_run_whose_images_have_moved_is_resumed_with_their_new_place()
    {
        using TemporaryFolder folder = new();
        string run = folder.File("run");
        using CancellationTokenSource atOnce = new();
        atOnce.Cancel();
        await CliRun.Run([.. Train, "--out", run], cancellation: atOnce.Token);
        string config = Path.Combine(run, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace(trained.Data, "gone", StringComparison.Ordinal));
        await CliRun.Fails(ExitCodes.BadInput, ["gone"], "train", "--resume", "--out", run);
        await CliRun.Succeeds("train", trained.Data, "--resume", "--out", run);
    }

    /// <summary>Writes two shards of 27 images of three classes.</summary>
    private static string WriteShards(TemporaryFolder folder)
    {
        string[] images = Directory.GetFiles(TinyImages.Write(folder.File("images"), each: 18), "*.png", SearchOption.AllDirectories);
        Directory.CreateDirectory(folder.File("shards"));
        foreach ((int shard, string[] part) in images.Order().Select((path, i) => (path, i)).GroupBy(each => each.i % 2)
            .Select(group => (group.Key, group.Select(each => each.path).ToArray())))
        {
            File.WriteAllBytes(folder.File($"shards/train-{shard}.tar"), TestData.Tar(
            [
                .. part.SelectMany((path, i) => new (string, byte[]?)[]
                {
                    ($"{i:d4}.png", File.ReadAllBytes(path)),
                    ($"{i:d4}.cls", Encoding.UTF8.GetBytes(Path.GetFileName(Path.GetDirectoryName(path)!))),
                }),
            ]));
        }

        return folder.File("shards");
    }

    private static Process Start(string[] arguments)
    {
        ProcessStartInfo start = new(
            Environment.ProcessPath is string path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(CommandLine).Assembly.Location);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task Until(Process process, Func<bool> happened)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!happened())
        {
            Assert.True(clock.Elapsed < _patience, "The process does not come so far.");
            Assert.True(!process.HasExited || happened(), "The process ended too early.");
            await Task.Delay(5);
        }
    }

    /// <summary>Ends a process as SIGKILL does: it can do nothing about it.</summary>
    private static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Presses Ctrl-C when a text is shown.</summary>
    private sealed class InterruptingWriter(string text, CancellationTokenSource cancellation) : TextWriter
    {
        private readonly StringBuilder _line = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value)
        {
            _line.Append(value);
            if (_line.ToString().Contains(text, StringComparison.Ordinal))
            {
                cancellation.Cancel();
            }

            if (value == '\n')
            {
                _line.Clear();
            }
        }
    }
}
