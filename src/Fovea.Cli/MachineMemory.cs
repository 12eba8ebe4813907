using System.Globalization;

namespace Fovea.Cli;

/// <summary>Memory that the process may still take, by the machine and by the limits of its control groups.</summary>
internal static class MachineMemory
{
    private const string Groups = "/sys/fs/cgroup";

    /// <summary>Bytes that can be taken without making the machine swap or the system end the process.</summary>
    public static long Available()
    {
        if (!OperatingSystem.IsLinux() || Read("/proc/meminfo") is not string memory || InMemoryInfo(memory) is not long available)
        {
            GCMemoryInfo info = GC.GetGCMemoryInfo();
            return Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
        }

        // A limit of any group above holds as well as that of the process's own.
        string? group = Read("/proc/self/cgroup") is string groups ? UnifiedGroup(groups) : null;
        for (; group is not null; group = Path.GetDirectoryName(group))
        {
            string folder = Groups + group;
            available = Math.Min(available, LeftIn(
                Read(folder + "/memory.max"), Read(folder + "/memory.current"), Read(folder + "/memory.stat"), "inactive_file"));
        }

        string old = Groups + "/memory/memory.";
        return Math.Min(available, LeftIn(
            Read(old + "limit_in_bytes"), Read(old + "usage_in_bytes"), Read(old + "stat"), "total_inactive_file"));
    }

    /// <summary>Bytes that a control group leaves: its limit less what it has, of which cached files can be given up.</summary>
    /// <param name="limit">Text of its limit; null where there is none.</param>
    /// <param name="used">Text of what it has.</param>
    /// <param name="figures">Figures of what it has, a name and a number in each line.</param>
    /// <param name="cached">Name of the figure of files that nobody used of late.</param>
    internal static long LeftIn(string? limit, string? used, string? figures, string cached)
    {
        if (!long.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out long most)
            || !long.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out long taken))
        {
            return long.MaxValue;
        }

        string? line = figures?.Split('\n').FirstOrDefault(one => one.StartsWith(cached + " ", StringComparison.Ordinal));
        long.TryParse(line?[(cached.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long reclaimable);
        return Math.Max(0, most - taken + reclaimable);
    }

    /// <summary>Bytes of the line <c>MemAvailable</c>, which the system gives in KiB; null where there is none.</summary>
    internal static long? InMemoryInfo(string text)
    {
        const string name = "MemAvailable:";
        string? line = text.Split('\n').FirstOrDefault(one => one.StartsWith(name, StringComparison.Ordinal));
        string? number = line?[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes) ? kibibytes * 1024 : null;
    }

    private static string? UnifiedGroup(string groups) =>
        groups.Split('\n').FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
