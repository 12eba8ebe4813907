using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea runs [FOLDER]</c>: the runs below a folder; <c>show</c> and <c>diff</c> compare some of them.</summary>
internal sealed class RunsVerb : Verb
{
    private readonly Argument<string?> _folder;

    /// <summary>Declares the verb.</summary>
    public RunsVerb()
        : base(
            "runs",
            "List the runs below a folder with their best accuracies; 'runs show' and 'runs diff' compare them.",
            "fovea runs",
            "fovea runs runs/cifar10 --json",
            "fovea runs show runs/first runs/second --out curves.html",
            "fovea runs diff runs/first runs/second")
    {
        _folder = AddArgument<string?>("FOLDER", "The folder to look in. [default: runs]");
        _folder.Arity = ArgumentArity.ZeroOrOne;
        AddParts(new RunsShowVerb(), new RunsDiffVerb());
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string folder = context.ValueOrNull(_folder) ?? "runs";
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"There is no folder {folder}: name the one that holds your runs.");
        }

        Table table = new("run", "model", "data", "epochs", "best", "of", "training", "state");
        JsonArray runs = [];
        foreach (RunFolder run in RunSummary.Find(folder))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                RunSummary summary = RunSummary.Of(run);
                Add(table, summary);
                runs.Add((JsonNode)Answer(summary));
            }
            catch (InvalidFileException error)
            {
                // One broken run must not hide all others.
                context.Error.WriteLine($"fovea: {Printable.Of(RemedyText.Of(error))}");
            }
        }

        if (runs.Count > 0)
        {
            context.Write(table);
        }
        else
        {
            context.Output.WriteLine($"There are no runs in {folder}.");
        }

        context.Result["runs"] = runs;
        return Task.FromResult(ExitCodes.Success);
    }

    private static void Add(Table table, RunSummary run) => table.Add(
        run.Path,
        run.Configuration.Options.Model,
        Path.GetFileName(Path.TrimEndingDirectorySeparator(run.Configuration.Data)),
        $"{run.Epochs}/{run.Configuration.Options.Epochs}",
        run.Score is double score ? $"{run.Metric} {Numbers.Percent(score, 2)}" : "-",
        run.MeasuredOn,
        Numbers.Duration(TimeSpan.FromSeconds(run.Seconds)),
        run.State.ToString().ToLowerInvariant());

    private static JsonObject Answer(RunSummary run) => new()
    {
        ["path"] = run.Path,
        ["model"] = run.Configuration.Options.Model,
        ["data"] = run.Configuration.Data,
        ["epochs"] = run.Epochs,
        ["plannedEpochs"] = run.Configuration.Options.Epochs,
        ["metric"] = run.Metric,
        ["score"] = run.Score,
        ["top1"] = run.Metric is "top-1" or "" ? run.Score : null,
        ["measuredOn"] = run.MeasuredOn,
        ["seconds"] = run.Seconds,
        ["state"] = run.State.ToString().ToLowerInvariant(),
    };
}
