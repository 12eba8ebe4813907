using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Cli.Terminal;
using Fovea.Cli.Verbs;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Formats;

namespace Fovea.Cli;

/// <summary>The command <c>fovea</c>: finds the verb, runs it, and turns what goes wrong into one message and an exit code.</summary>
internal static class CommandLine
{
    private const string Description = "Vision backbones that join convolution and attention: train them, evaluate them, look inside.";

    private static readonly JsonSerializerOptions _json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private static readonly (string Name, Func<Verb> Make)[] _verbs =
    [
        ("quickstart", () => new QuickstartVerb()),
        ("models", () => new ModelsVerb()),
        ("info", () => new InfoVerb()),
        ("compare", () => new CompareVerb()),
        ("bench", () => new BenchVerb()),
        ("profile", () => new ProfileVerb()),
        ("graph", () => new GraphVerb()),
        ("train", () => new TrainVerb()),
        ("study", () => new StudyVerb()),
        ("runs", () => new RunsVerb()),
        ("evaluate", () => new EvaluateVerb()),
        ("predict", () => new PredictVerb()),
        ("detect", () => new DetectVerb()),
        ("explain", () => new ExplainVerb()),
        ("segment", () => new SegmentVerb()),
        ("serve", () => new ServeVerb()),
        ("data", () => new DataVerb()),
        ("convert", () => new ConvertVerb()),
        ("average", () => new AverageVerb()),
        ("doctor", () => new DoctorVerb()),
        ("export", () => new ExportVerb()),
        ("version", () => new VersionVerb()),
    ];

    // Launchers end all processes as soon as one has failed, and the first one has something to say.
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    /// <summary>True in a process that leaves it to another one to tell the user anything.</summary>
    internal static bool IsSilent { get; private set; }

    /// <summary>The verbs, in the order in which help lists them.</summary>
    internal static Verb[] Verbs() => Array.ConvertAll(_verbs, verb => verb.Make());

    /// <summary>
    /// The verbs that a command line needs: the one that it begins with, or all. Making the options of all others takes a cold process
    /// longer than parsing.
    /// </summary>
    internal static Verb[] VerbsFor(string[] arguments)
    {
        foreach ((string name, Func<Verb> make) in _verbs)
        {
            if (arguments.Length > 0 && arguments[0] == name)
            {
                return [make()];
            }
        }

        return Verbs();
    }

    /// <summary>Runs the command as the process does, in the styles of the process's own terminal.</summary>
    /// <param name="arguments">The words after the command.</param>
    /// <param name="cancellation">Cancelled by Ctrl-C.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static Task<int> InvokeAsync(string[] arguments, CancellationToken cancellation) =>
        InvokeAsync(
            VerbsFor(arguments), arguments, Console.Out, TerminalStyle.OfOutput(), Console.Error, TerminalStyle.OfError(), cancellation);

    /// <summary>Runs the command with its output going to two writers.</summary>
    /// <param name="arguments">The words after the command.</param>
    /// <param name="output">Stands for standard output.</param>
    /// <param name="error">Stands for standard error.</param>
    /// <param name="cancellation">Cancelled by Ctrl-C.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static Task<int> InvokeAsync(
        string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default) =>
        InvokeAsync(VerbsFor(arguments), arguments, output, TerminalStyle.Plain, error, TerminalStyle.Plain, cancellation);

    /// <summary>Runs one of the given verbs.</summary>
    internal static async Task<int> InvokeAsync(
        Verb[] verbs,
        string[] arguments,
        TextWriter output,
        TerminalStyle outputStyle,
        TextWriter error,
        TerminalStyle errorStyle,
        CancellationToken cancellation)
    {
        Option<bool> json = new("--json")
        {
            Description = "Print the answer as one JSON object, the last line of standard output.",
            Recursive = true,
        };
        Option<long?> maxPixels = new("--max-pixels")
        {
            Description = $"Most pixels that an image may have, against files made to fill the memory. [default: {Image.MaxPixels}]",
            Recursive = true,
        };
        maxPixels.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long?>() is < 1 or > Image.LargestMaxPixels)
            {
                result.AddError($"--max-pixels must be from 1 to {Image.LargestMaxPixels}.");
            }
        });
        RootCommand root = new(Description) { json, maxPixels };
        root.HelpName = "fovea";
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
        {
            option.Action = new HelpWithExamples((HelpAction)option.Action!, verbs);
        }

        foreach (Verb verb in verbs.SelectMany(verb => verb.WithParts))
        {
            verb.Command.SetAction((parsed, token) =>
            {
                bool asJson = parsed.GetValue(json);
                Image.MaxPixels = parsed.GetValue(maxPixels) ?? Image.MaxPixels;
                return RunAsync(verb, ContextOn, output, error, token);

                VerbContext ContextOn(ICollective? ranks)
                {
                    bool isFirst = ranks is null or { Rank: 0 };
                    (TextWriter people, TerminalStyle style) = asJson ? (error, errorStyle) : (output, outputStyle);
                    return new VerbContext(
                        parsed, asJson, isFirst ? people : TextWriter.Null, style, isFirst ? error : TextWriter.Null, errorStyle)
                    {
                        MaxPixels = parsed.GetValue(maxPixels),
                        Ranks = ranks,
                    };
                }
            });
        }

        foreach (Verb verb in verbs)
        {
            root.Add(verb.Command);
        }

        ParseResult parsed = root.Parse(arguments.Length == 0 ? ["--help"] : arguments);
        if (parsed.Action is ParseErrorAction)
        {
            if (MpiCollective.LaunchedRank > 0)
            {
                await Task.Delay(_grace, CancellationToken.None).ConfigureAwait(false);
                return ExitCodes.WrongUsage;
            }

            // An option that follows a mistake is still understood, so --json is asked of the words themselves.
            string[] names = Array.ConvertAll(_verbs, verb => verb.Name);
            Fail(Suggestions.Explain(parsed, names), arguments.Contains("--json"), output, error);
            error.WriteLine($"See: {NameOf(parsed.CommandResult)} --help");
            return ExitCodes.WrongUsage;
        }

        if (arguments.Contains(""))
        {
            Fail("One of the words after the verb is empty: a path or name is missing.", arguments.Contains("--json"), output, error);
            return ExitCodes.WrongUsage;
        }

        InvocationConfiguration configuration = new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,

            // Program listens to Ctrl-C itself: a verb may take longer than a fixed time to leave whole files behind.
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Help and the list of verbs run outside of any verb, and their output may be a full disk.
            (string message, int exitCode) = Explain(exception);
            Fail(message, json: false, output, error);
            return exitCode;
        }
    }

    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : "fovea";

    private static async Task<int> RunAsync(
        Verb verb, Func<ICollective?, VerbContext> contextOn, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        VerbContext context = contextOn(null);
        MpiCollective? ranks = null;
        try
        {
            ranks = verb.TakesRanks && MpiCollective.IsLaunched ? MpiCollective.Start(TellOfRank) : null;
            context = contextOn(ranks);
            IsSilent = !context.IsFirstRank;
            int exitCode = await verb.RunAsync(context, cancellation).ConfigureAwait(false);
            if (context.Json && context.IsFirstRank)
            {
                output.WriteLine(context.Result.ToJsonString(_json));
            }

            ranks?.Dispose();
            return exitCode;
        }
        catch (Exception exception)
        {
            (string message, int exitCode) = Explain(exception);
            if (Environment.GetEnvironmentVariable("FOVEA_DEBUG") == "1")
            {
                error.WriteLine(exception);
            }

            if (ranks is null && verb.TakesRanks && MpiCollective.LaunchedRank > 0)
            {
                await Task.Delay(_grace, CancellationToken.None).ConfigureAwait(false);
                return exitCode;
            }

            if (context.IsFirstRank)
            {
                Fail(message, context.Json, output, context.Error);
            }

            // One message for all processes; with this they end, wherever they are.
            ranks?.Fail(exitCode, message);
            return exitCode;
        }

        void TellOfRank(int rank, int exitCode, string message) =>
            Fail($"process {rank + 1} of {ranks?.Size}: {message}", context.Json, output, error);
    }

    /// <summary>Each kind of error in words for people, with its exit code.</summary>
    private static (string Message, int ExitCode) Explain(Exception exception) => exception switch
    {
        OperationCanceledException => ("Interrupted.", ExitCodes.Interrupted),
        UsageException => (exception.Message, ExitCodes.WrongUsage),
        FoveaException error => (
            RemedyText.Of(error), error is InvalidFileException or UnusableDataException ? ExitCodes.BadInput : ExitCodes.Failure),
        FileNotFoundException or DirectoryNotFoundException => (exception.Message, ExitCodes.BadInput),
        IOException or UnauthorizedAccessException => (exception.Message, ExitCodes.Failure),
        OutOfMemoryException => ("There is not enough memory. Try a smaller --batch or --size.", ExitCodes.Failure),
        AggregateException { InnerExceptions.Count: 1 } => Explain(exception.InnerException!),
        _ => ($"{exception.Message} (This is a fault of fovea itself: FOVEA_DEBUG=1 shows where.)", ExitCodes.Failure),
    };

    private static void Fail(string message, bool json, TextWriter output, TextWriter error)
    {
        try
        {
            error.WriteLine($"fovea: {Printable.Of(message, lines: true)}");
            if (json)
            {
                output.WriteLine(new JsonObject { ["error"] = message }.ToJsonString(_json));
            }
        }
        catch (IOException)
        {
            // Nobody is left to tell, such as where the output is a full disk; the exit code says it.
        }
    }
}
