using System.Diagnostics;
using System.Globalization;
using Fovea.Cli;

namespace Fovea.Tests.Cli;

/// <summary>Training on processes that Open MPI starts.</summary>
public sealed class RankTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly string? _launcher =
        Array.Find(["/usr/bin/mpirun", "/usr/local/bin/mpirun", "/opt/homebrew/bin/mpirun"], File.Exists);

    [Fact]
    public async Task A_run_on_four_processes_one_of_which_is_killed_goes_on_with_two_to_the_bytes_of_one()
    {
        Assert.SkipUnless(_launcher is not null, "Debian's packages openmpi-bin and libopenmpi3 are not installed.");
        using TemporaryFolder folder = new();
        string[] train =
        [
            "train", trained.Data, "--size", "16", "--batch", "8", "--epochs", "12", "--shards", "4", "--ema-decay", "0.9",
            "--set", "checkpointMinutes=0", "--threads", "1",
        ];
        string whole = folder.File("whole");
        await CliRun.Succeeds([.. train, "--out", whole]);

        string run = folder.File("run");
        string last = Path.Combine(run, "last.safetensors");
        using Process four = Start((4, [.. train, "--out", run]));
        Stopwatch clock = Stopwatch.StartNew();
        while (!File.Exists(last))
        {
            Assert.True(clock.Elapsed < _patience && !four.HasExited, "The processes do not come so far.");
            await Task.Delay(5);
        }

        string owner = File.ReadAllText(Path.Combine(run, "run.lock")).Split(' ')[0];
        using (Process first = Process.GetProcessById(int.Parse(owner, CultureInfo.InvariantCulture)))
        {
            first.Kill();
        }

        Assert.NotEqual(0, await End(four));
        string[] resume = ["train", "--resume", "--threads", "1", "--out"];
        using Process two = Start((1, [.. resume, run]), (1, [.. resume, folder.File("on-another-machine")]));
        Assert.Equal(0, await End(two));
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "last.safetensors")), File.ReadAllBytes(last));
    }

    [Fact]
    public async Task What_is_wrong_with_all_processes_is_said_once_and_logs_hold_no_codes_for_terminals()
    {
        Assert.SkipUnless(_launcher is not null, "Debian's packages openmpi-bin and libopenmpi3 are not installed.");
        using TemporaryFolder folder = new();
        using Process two = Start((2, ["train", trained.Data, "--shards", "3", "--out", folder.File("run")]));
        Task<string> error = two.StandardError.ReadToEndAsync();
        string all = await two.StandardOutput.ReadToEndAsync() + await error;
        await two.WaitForExitAsync();
        Assert.NotEqual(0, two.ExitCode);
        Assert.Single(all.Split('\n'), line => line.StartsWith("fovea: ", StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', all);
    }

    private static async Task<int> End(Process launcher)
    {
        Task<string> output = launcher.StandardOutput.ReadToEndAsync();
        Task<string> error = launcher.StandardError.ReadToEndAsync();
        using CancellationTokenSource late = new(_patience);
        await launcher.WaitForExitAsync(late.Token);
        TestContext.Current.TestOutputHelper?.WriteLine(await output + await error);
        return launcher.ExitCode;
    }

    /// <summary>Starts processes together, in groups with arguments of their own.</summary>
    private static Process Start(params ReadOnlySpan<(int Ranks, string[] Arguments)> groups)
    {
        string dotnet = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        List<string> words = ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"];
        foreach ((int ranks, string[] arguments) in groups)
        {
            words.AddRange(["-np", $"{ranks}", dotnet, typeof(CommandLine).Assembly.Location, .. arguments, ":"]);
        }

        ProcessStartInfo start = new(_launcher!, words.SkipLast(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start)!;
    }
}
