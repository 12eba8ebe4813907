using Fovea.Cli;

namespace Fovea.Tests.Cli;

public sealed class MemoryCheckTests
{
    [Fact]
    public void What_does_not_fit_is_refused_with_the_batch_that_would()
    {
        MemoryCheck.Require("A step", "--batch", 64, batch => batch * 10, 640);
        string message = Assert.Throws<UsageException>(
            () => MemoryCheck.Require("A step", "--batch", 64, batch => batch * 10, 333)).Message;
        Assert.Contains("A step with --batch 64 takes 640 B, and this machine has 333 B left", message, StringComparison.Ordinal);
        int fits = int.Parse(message.Split("--batch ")[^1].Split(' ')[0]);
        Assert.InRange(fits, 31, 33);
        message = Assert.Throws<UsageException>(() => MemoryCheck.Require("A run", null, 1, _ => 500, 333)).Message;
        Assert.Contains("Not even one image fits", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_machine_and_its_groups_leave_is_read_from_the_system()
    {
        Assert.Equal(2048, MachineMemory.InMemoryInfo("MemTotal:  9 kB\nMemAvailable:   2 kB\n"));
        Assert.Null(MachineMemory.InMemoryInfo("MemTotal: 9 kB"));
        Assert.Equal(40 + 7, MachineMemory.LeftIn("100", "60", "anon 3\ninactive_file 5\nactive_file 2\n", ""));
        Assert.Equal(0, MachineMemory.LeftIn("100", "160", null, ""));
        Assert.Equal(long.MaxValue, MachineMemory.LeftIn("max", "160", null, ""));
        Assert.Equal(long.MaxValue, MachineMemory.LeftIn(null, null, null, ""));
        Assert.True(MachineMemory.Available() > 0);
    }

    [Fact]
    public Task A_batch_beyond_any_machine_is_refused_before_it_is_tried() => CliRun.Fails(
        ExitCodes.WrongUsage, ["--batch", "would fit"], "bench", "cmt_nano", "--train", "--batch", "100000", "--seconds", "0.1");
}
