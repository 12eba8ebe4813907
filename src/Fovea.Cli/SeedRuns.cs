using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>
/// Runs of one configuration with several seeds, in folders <c>seed0</c>, <c>seed1</c>, … of a folder. What is finished there is not
/// repeated, and what was interrupted goes on.
/// </summary>
/// <param name="context">Told how to go on after an interruption.</param>
/// <param name="session">Trains the runs.</param>
/// <param name="folder">Folder of the runs' folders.</param>
/// <param name="overwrite">True to train all anew, whatever is there.</param>
internal sealed class SeedRuns(VerbContext context, TrainingSession session, string folder, bool overwrite)
{
    // Images may have moved since a run began.
    private static readonly string[] _places = ["data", "validation", "test"];

    /// <summary>Checks that the runs which are there are of the configuration, before hours are spent on the first that is not.</summary>
    /// <param name="configuration">Configuration of the first seed; the others' seeds follow it.</param>
    /// <param name="count">Number of seeds.</param>
    /// <exception cref="UsageException">A folder holds a run of another configuration.</exception>
    public void Check(RunConfiguration configuration, int count)
    {
        foreach (RunConfiguration one in overwrite ? [] : WithSeeds(configuration, count))
        {
            RequireSame(one);
        }
    }

    /// <summary>Trains the runs that are not finished.</summary>
    /// <param name="configuration">Configuration of the first seed; the others' seeds follow it.</param>
    /// <param name="count">Number of seeds.</param>
    /// <param name="begins">Told of each run that is trained: its seed.</param>
    public Seeds Run(RunConfiguration configuration, int count, Action<ulong> begins) =>
        new([.. WithSeeds(configuration, count).Select(one => Finished(one) ?? Train(one, begins))]);

    /// <summary>Trains the runs that are not finished, but for those that other processes train.</summary>
    /// <param name="configuration">Configuration of the first seed; the others' seeds follow it.</param>
    /// <param name="count">Number of seeds.</param>
    /// <param name="begins">Told of each run that is trained: its seed.</param>
    /// <returns>The results; null where another process has yet to end a run.</returns>
    public Seeds? RunBesideOthers(RunConfiguration configuration, int count, Action<ulong> begins)
    {
        RunResult?[] results = [.. WithSeeds(configuration, count).Select(one => Finished(one) ?? TrainUnlessInUse(one, begins))];
        return results.Contains(null) ? null : new Seeds([.. results.OfType<RunResult>()]);
    }

    private static IEnumerable<RunConfiguration> WithSeeds(RunConfiguration configuration, int count) =>
        Enumerable.Range(0, count).Select(i => configuration with
        {
            Options = configuration.Options with { Seed = configuration.Options.Seed + (ulong)i },
        });

    private string PathOf(RunConfiguration configuration) => Path.Combine(folder, $"seed{configuration.Options.Seed}");

    private RunFolder? Existing(RunConfiguration configuration) =>
        File.Exists(Path.Combine(PathOf(configuration), "config.json")) ? RunFolder.OpenRead(PathOf(configuration)) : null;

    private RunResult? Finished(RunConfiguration configuration) => overwrite ? null : Existing(configuration)?.ReadResult();

    private RunResult? TrainUnlessInUse(RunConfiguration configuration, Action<ulong> begins)
    {
        RunFolder run = RunFolder.OfOtherProcess(PathOf(configuration));
        if (run.IsInUse)
        {
            return null;
        }

        try
        {
            // Whoever had it may have ended it since it was asked for.
            return Finished(configuration) ?? Train(configuration, begins);
        }
        catch (UnwritableFileException) when (run.IsInUse)
        {
            // Another process was quicker.
            return null;
        }
    }

    private RunResult Train(RunConfiguration configuration, Action<ulong> begins)
    {
        begins(configuration.Options.Seed);
        try
        {
            return overwrite || Existing(configuration) is null
                ? session.Begin(configuration, PathOf(configuration), overwrite)!
                : session.Resume(configuration, PathOf(configuration))!;
        }
        catch (OperationCanceledException)
        {
            context.Error.WriteLine("All steps are kept. The same command again goes on.");
            throw;
        }
    }

    private void RequireSame(RunConfiguration configuration)
    {
        if (Existing(configuration) is not RunFolder existing)
        {
            return;
        }

        RecipeDifference? difference = RecipeDifference
            .Between([Recipe.Read(existing.ConfigPath), Recipe.Of(configuration)])
            .FirstOrDefault(one => !_places.Contains(one.Member));
        if (difference is not null)
        {
            throw new UsageException(
                $"{existing.Path} holds a run of another recipe: there {difference.Member} is {difference.Values[0] ?? "missing"}, not "
                    + $"{difference.Values[1] ?? "missing"}. Choose another --out, or begin anew with --overwrite.");
        }
    }
}
