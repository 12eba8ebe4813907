using System.CommandLine;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary>
/// <c>fovea study FILE</c>: a base recipe and changes of it, trained one after another, with one table at the end. Several processes may
/// share the runs of one folder.
/// </summary>
internal sealed class StudyVerb : Verb
{
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(1);
    private readonly Argument<string> _file;
    private readonly Argument<string?> _data;
    private readonly Option<string> _test;
    private readonly Option<string> _out;
    private readonly Option<int?> _threads;

    /// <summary>Declares the verb.</summary>
    public StudyVerb()
        : base(
            "study",
            "Train a base recipe and named changes of it, and tell in one table what each change is worth. The same command again goes on "
                + "where it was stopped; given a second time meanwhile, the two share the runs.",
            "fovea study recipes/cifar10/ablations.json cifar10-train.tar.gz --test cifar10-test.tar.gz",
            "fovea study ablation.json --out runs/ablation --json")
    {
        _file = AddArgument<string>("FILE", "The study: a JSON file, as recipes/study.schema.json describes it.");
        _data = AddArgument<string?>("DATA", "The data set, where the study names none.");
        _data.Arity = ArgumentArity.ZeroOrOne;
        _test = AddOption<string>("--test", "A data set that measures the runs, where neither study nor data set have one.");
        _out = AddOption<string>("--out", "The folder of the runs and of the table, study.md. [default: runs/ and the file's name]");
        _threads = AddThreads();
    }

    /// <inheritdoc/>
    public override async Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        Study study = Study.Read(context.Value(_file));
        string folder = context.Value(_out) ?? Path.Combine("runs", Path.GetFileNameWithoutExtension(study.Path));
        RequireFolders(study);
        RunChanges changes = new() { Data = context.ValueOrNull(_data), Test = context.Value(_test) };
        TrainingSession session = new(context, Threads(context, _threads), cancellation);
        List<(StudyEntry Entry, SeedRuns Runs, RunConfiguration Configuration)> plan = [];
        foreach (StudyEntry entry in study.Entries)
        {
            SeedRuns runs = new(context, session, Path.Combine(folder, FolderOf(entry)), overwrite: false);
            RunConfiguration configuration = new NewRun(context, entry.Recipe, changes).Configure();
            runs.Check(configuration, entry.Seeds);
            plan.Add((entry, runs, configuration));
        }

        StudyTable table = new(study);
        bool isWaiting = false;
        while (plan.Count > 0)
        {
            int open = plan.Count;
            foreach ((StudyEntry Entry, SeedRuns Runs, RunConfiguration Configuration) planned in plan.ToArray())
            {
                if (Train(context, planned.Entry, planned.Runs, planned.Configuration, table))
                {
                    plan.Remove(planned);
                    AtomicFile.WriteText(Path.Combine(folder, "study.md"), table.ToMarkdown());
                }
            }

            if (plan.Count == open)
            {
                if (!isWaiting)
                {
                    context.Output.WriteLine($"another process trains {string.Join(", ", plan.Select(one => one.Entry.Name))}: waiting");
                    isWaiting = true;
                }

                await Task.Delay(_betweenLooks, cancellation).ConfigureAwait(false);
            }
        }

        context.Output.WriteLine();
        table.Show(context);
        context.Output.WriteLine();
        context.Output.WriteLine($"table   {Path.Combine(folder, "study.md")}");
        context.Output.WriteLine($"curves  fovea runs show {folder}/*/seed*");
        table.Fill(context.Result);
        context.Result["out"] = folder;
        return table.Failures == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    /// <summary>Trains what is left of an entry and adds it to the table; false where another process has yet to end a run.</summary>
    private static bool Train(VerbContext context, StudyEntry entry, SeedRuns runs, RunConfiguration configuration, StudyTable table)
    {
        try
        {
            Seeds? seeds = runs.RunBesideOthers(
                configuration, entry.Seeds, seed => context.Output.WriteLine($"{entry.Name}, seed {seed}"));
            if (seeds is not null)
            {
                table.Add(entry, seeds);
            }

            return seeds is not null;
        }
        catch (DivergenceException error)
        {
            // A change that does not train is a result too, and must not cost those behind it.
            context.Error.WriteLine($"fovea: {entry.Name}: {RemedyText.Of(error)}");
            table.Add(entry, null, "diverged");
            return true;
        }
    }

    /// <summary>Name of an entry's folder: its letters and digits, all others as hyphens.</summary>
    private static string FolderOf(StudyEntry entry) => string
        .Concat(entry.Name.ToLowerInvariant().Select(sign => char.IsLetterOrDigit(sign) || sign == '_' ? sign : '-'))
        .Trim('-');

    private static void RequireFolders(Study study)
    {
        foreach (IGrouping<string, StudyEntry> alike in study.Entries.GroupBy(FolderOf))
        {
            if (alike.Key.Length == 0 || alike.Count() > 1)
            {
                throw new UsageException(
                    $"{study.Path}: the entries {string.Join(", ", alike.Select(entry => $"'{entry.Name}'"))} would share the folder "
                        + $"'{alike.Key}'. Give them names that differ in letters or digits.");
            }
        }
    }
}
