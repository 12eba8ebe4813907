using System.Diagnostics;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class RunLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Lock => _folder.File("run/run.lock");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_in_which_another_process_trains_is_refused_and_stays_as_it_is()
    {
        RunFolder.Create(_folder.File("run")).WriteConfig(new RunConfiguration("images", null, new TrainingOptions()));
        using Process other = Process.GetProcessById(1);
        foreach (string holder in new[] { $"{other.Id} {other.StartTime.ToUniversalTime():O} {Environment.MachineName}", Elsewhere })
        {
            File.WriteAllText(Lock, holder);
            string message = Assert.Throws<UnwritableFileException>(() => RunFolder.Create(_folder.File("run"), overwrite: true)).Message;
            string[] words = holder.Split(' ');
            Assert.Contains($"process {words[0]} on {words[2]} is training in it", message, StringComparison.Ordinal);
            Assert.Contains(Lock, message, StringComparison.Ordinal);
            Assert.Throws<UnwritableFileException>(() => RunFolder.Open(_folder.File("run")));
            Assert.Equal(holder, File.ReadAllText(Lock));
            Assert.True(File.Exists(_folder.File("run/config.json")));
        }
    }

    [Fact]
    public void What_a_killed_process_left_is_recognised_and_replaced()
    {
        string now = DateTime.UtcNow.ToString("O");
        string[] left =
        [
            $"{int.MaxValue} {now} {Environment.MachineName}",
            $"{Environment.ProcessId} {DateTime.UtcNow.AddDays(-3):O} {Environment.MachineName}",
            "",
            "half a l",
        ];
        foreach (string holder in left)
        {
            Directory.CreateDirectory(_folder.File("run"));
            File.WriteAllText(Lock, holder);
            RunFolder.Create(_folder.File("run"), overwrite: true);
            Assert.StartsWith($"{Environment.ProcessId} ", File.ReadAllText(Lock), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_lock_goes_with_the_trainer_and_comes_back_with_the_next()
    {
        using TinyRun runs = new();
        RunFolder folder = runs.NewFolder("run");
        string path = Path.Combine(folder.Path, "run.lock");
        bool held = false;
        runs.Train(TinyRun.Options with { Epochs = 1 }, folder, onStep: () => held = File.Exists(path));
        Assert.True(held);
        Assert.False(File.Exists(path));
        held = false;
        runs.Train(TinyRun.Options, folder, resume: true, onStep: () => held = File.Exists(path));
        Assert.True(held);
    }

    private static string Elsewhere => $"12 {DateTime.UtcNow:O} another-machine";
}
