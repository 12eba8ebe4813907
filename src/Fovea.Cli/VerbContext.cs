using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Collectives;

namespace Fovea.Cli;

/// <summary>Surroundings of a verb: the values of its options, and the writers that take its answer.</summary>
/// <param name="arguments">The parsed command line.</param>
/// <param name="json">Whether <c>--json</c> was given.</param>
/// <param name="output">Where text for people goes: standard output, or standard error with <c>--json</c>.</param>
/// <param name="outputStyle">Capabilities of the output.</param>
/// <param name="error">Standard error: progress and warnings.</param>
/// <param name="errorStyle">What can be shown on standard error.</param>
internal sealed class VerbContext(
    ParseResult arguments, bool json, TextWriter output, TerminalStyle outputStyle, TextWriter error, TerminalStyle errorStyle)
{
    /// <summary>True if <c>--json</c> was given.</summary>
    public bool Json { get; } = json;

    /// <summary>Most pixels that an image may have, where <c>--max-pixels</c> was given.</summary>
    public long? MaxPixels { get; init; }

    /// <summary>The processes that MPI started to run the verb together; null where this one is by itself.</summary>
    public ICollective? Ranks { get; init; }

    /// <summary>True where this process tells the user, and writes files: the first, or the only one.</summary>
    public bool IsFirstRank => Ranks is null or { Rank: 0 };

    /// <summary>Writer of text for people: standard output, or standard error with <c>--json</c>.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Abilities of <see cref="Output"/>.</summary>
    public TerminalStyle OutputStyle { get; } = outputStyle;

    /// <summary>Standard error: progress and warnings.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Abilities of <see cref="Error"/>.</summary>
    public TerminalStyle ErrorStyle { get; } = errorStyle;

    /// <summary>
    /// The answer as JSON; printed as the last line of standard output where <c>--json</c> was given. Verbs always fill it.
    /// </summary>
    public JsonObject Result { get; } = [];

    /// <summary>The value of an option, null where it was not given and has no value of its own.</summary>
    public T? Value<T>(Option<T> option) =>
        arguments.GetValue(option is RenamedOption<T> renamed && !Stands(option) && Stands(renamed.Former) ? renamed.Former : option);

    /// <summary>The value of an argument that must be given.</summary>
    public T Value<T>(Argument<T> argument) => arguments.GetRequiredValue(argument);

    /// <summary>The value of an argument that may be left out, and then is null.</summary>
    public T? ValueOrNull<T>(Argument<T?> argument)
        where T : class => arguments.GetResult(argument) is null ? null : arguments.GetValue(argument);

    /// <summary>True if an option stands on the command line, under any of its names, and is not just its default.</summary>
    public bool IsGiven(Option option) => Stands(option) || (option is IRenamedOption renamed && Stands(renamed.Former));

    /// <summary>Starts a progress bar on standard error.</summary>
    /// <param name="title">Title, such as "epoch 3/20".</param>
    /// <param name="total">Number of units of the job.</param>
    /// <param name="unit">What is counted.</param>
    /// <param name="done">Units that were done before.</param>
    public ProgressBar Progress(string title, long total, string unit = "images", long done = 0) =>
        new(Error, ErrorStyle, title, total, unit, done);

    /// <summary>Writes a table to <see cref="Output"/>.</summary>
    public void Write(Table table) => table.Write(Output, OutputStyle);

    private bool Stands(Option option) => arguments.GetResult(option) is { Implicit: false };
}
