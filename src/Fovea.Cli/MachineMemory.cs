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

        foreach (string line in (Read("/proc/self/cgroup") ?? "").Split('\n'))
        {
            if (line.Split(':', 3) is not [_, string controllers, string group])
            {
                continue;
            }

            bool unified = controllers.Length == 0;
            if (!unified && !controllers.Split(',').Contains("memory"))
            {
                continue;
            }

            // A limit of any group above holds as well as that of the process's own.
            for (string? at = group; at is not null; at = Path.GetDirectoryName(at))
            {
                available = Math.Min(available, unified ? LeftInUnified(Groups + at) : LeftInOld($"{Groups}/memory{at}"));
            }
        }

        return available;
    }

    /// <summary>Bytes that a control group leaves: its limit less what it has, of which cached files can be given up.</summary>
    /// <param name="limit">Text of its limit; null where there is none.</param>
    /// <param name="used">Text of what it has.</param>
    /// <param name="figures">Figures of what it has, a name and a number in each line.</param>
    /// <param name="prefix">Beginning of the names of those figures that count groups below as well.</param>
    internal static long LeftIn(string? limit, string? used, string? figures, string prefix)
    {
        if (!long.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out long most)
            || !long.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out long taken))
        {
            return long.MaxValue;
        }

        long reclaimable = (figures ?? "").Split('\n')
            .Select(line => line.Split(' '))
            .Where(words => words.Length == 2 && (words[0] == $"{prefix}active_file" || words[0] == $"{prefix}inactive_file"))
            .Sum(words => long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) ? bytes : 0);
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

    private static long LeftInUnified(string folder) => LeftIn(
        Read($"{folder}/memory.max"), Read($"{folder}/memory.current"), Read($"{folder}/memory.stat"), "");

    private static long LeftInOld(string folder) => LeftIn(
        Read($"{folder}/memory.limit_in_bytes"),
        Read($"{folder}/memory.usage_in_bytes"),
        Read($"{folder}/memory.stat"),
        "total_");

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
