using System.Diagnostics;

namespace Fovea.Fuzz;

/// <summary>Mutated files by the thousand, without coverage: each is read, or refused by a documented error within bounds.</summary>
internal static class MutationRun
{
    private static readonly TimeSpan _maxTime = TimeSpan.FromSeconds(1);
    private const long MaxAllocation = 1L << 30;

    /// <summary>Tries every target.</summary>
    /// <param name="count">Mutations of each target.</param>
    /// <param name="corpus">Folder with a folder of good files for each target.</param>
    /// <param name="targets">The targets.</param>
    /// <returns>0 where nothing broke the rules, otherwise 1; such inputs are written beside the program.</returns>
    public static int Run(int count, string corpus, IReadOnlyList<FuzzTarget> targets)
    {
        int broken = 0;
        try
        {
            foreach (FuzzTarget target in targets)
            {
                broken += Run(target, count, Path.Combine(corpus, target.Name));
            }
        }
        finally
        {
            FuzzTarget.Clean();
        }

        return broken == 0 ? 0 : 1;
    }

    private static int Run(FuzzTarget target, int count, string folder)
    {
        byte[][] seeds = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        Mutations mutations = new(target.Name.Length, seeds);
        (int read, int broken) = (0, 0);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            byte[] input = mutations.Apply(seeds[i % seeds.Length]);
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long allocated = GC.GetTotalAllocatedBytes();
            string? fault = null;
            try
            {
                read += target.Try(input) == "read" ? 1 : 0;
            }
            catch (Exception error)
            {
                fault = error.ToString();
            }

            TimeSpan time = Environment.CpuUsage.TotalTime - before;
            allocated = GC.GetTotalAllocatedBytes() - allocated;
            fault ??= time > _maxTime ? $"took {time.TotalSeconds:F1} s of processor time" : null;
            fault ??= allocated > MaxAllocation ? $"allocated {allocated >> 20} MiB" : null;
            if (fault is not null)
            {
                string path = $"fault-{target.Name}-{i}";
                File.WriteAllBytes(path, input);
                Console.WriteLine($"{path}: {fault}");
                broken++;
            }
        }

        Console.WriteLine(
            $"{target.Name}: {count} inputs, {read} read, {count - read - broken} refused, {broken} broke the rules, "
            + $"{count / watch.Elapsed.TotalSeconds:F0}/s");
        return broken;
    }
}
