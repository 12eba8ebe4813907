using System.CommandLine;
using System.Globalization;
using Fovea.Data;

namespace Fovea.Cli;

/// <summary>
/// A verb of the command, such as <c>fovea train</c>. A verb declares its arguments and options in its constructor and does its work in
/// <see cref="RunAsync"/>; errors are exceptions, which <see cref="CommandLine"/> turns into one message and an exit code.
/// </summary>
internal abstract class Verb
{
    /// <summary>The most threads that a verb runs on.</summary>
    protected const int MaxThreads = 1024;

    // Names that other programs have for the same options.
    private static readonly (string Name, string Alias)[] _aliases =
        [("--learning-rate", "--lr"), ("--batch", "--batch-size"), ("--threads", "--workers")];

    /// <summary>Makes the verb.</summary>
    /// <param name="name">The word on the command line.</param>
    /// <param name="description">What the verb does, in one sentence.</param>
    /// <param name="examples">Command lines that help shows.</param>
    protected Verb(string name, string description, params string[] examples)
    {
        Command = new Command(name, description);
        Examples = examples;
    }

    /// <summary>The verb as the parser sees it.</summary>
    public Command Command { get; }

    /// <summary>Command lines that help shows.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Verbs behind this one, such as <c>show</c> of <c>fovea runs show</c>.</summary>
    public IReadOnlyList<Verb> Parts { get; private set; } = [];

    /// <summary>This verb and those behind it.</summary>
    public IEnumerable<Verb> WithParts => Parts.SelectMany(part => part.WithParts).Prepend(this);

    /// <summary>True for a verb that several processes, started by MPI, run together.</summary>
    public virtual bool TakesRanks => false;

    /// <summary>Does the work.</summary>
    /// <param name="context">The values given, and where the answer goes.</param>
    /// <param name="cancellation">Cancelled by Ctrl-C; the verb then stops soon and leaves whole files behind.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    /// <exception cref="FoveaException">What went wrong, for people.</exception>
    public abstract Task<int> RunAsync(VerbContext context, CancellationToken cancellation);

    /// <summary>Declares an option that has a value when it is not given.</summary>
    /// <param name="name">Its name, such as <c>--batch</c>.</param>
    /// <param name="description">What it does.</param>
    /// <param name="value">The value when it is not given.</param>
    protected Option<T> AddOption<T>(string name, string description, T value) =>
        Added(new Option<T>(name) { Description = description, DefaultValueFactory = _ => value }.Readable());

    /// <summary>Declares an option that may be left out, and then is null or false.</summary>
    /// <param name="name">Its name, such as <c>--resume</c>.</param>
    /// <param name="description">What it does.</param>
    protected Option<T> AddOption<T>(string name, string description) =>
        Added(new Option<T>(name) { Description = description }.Readable());

    /// <summary>Declares the option <c>--threads</c>.</summary>
    /// <param name="description">What the threads do.</param>
    protected Option<int?> AddThreads(string description = "Threads to train on; the result does not depend on it.")
    {
        Option<int?> threads = AddOption<int?>("--threads", $"{description} [default: all processors]");
        threads.Validators.Add(result =>
        {
            // The text itself is looked at: what is no number is the parser's to report.
            if (result.Tokens.Count == 1
                && int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                && number is < 1 or > MaxThreads)
            {
                result.AddError($"--threads must be from 1 to {MaxThreads}.");
            }
        });
        return threads;
    }

    /// <summary>
    /// Number of threads that was given, or as many as there are processors where it was more, which would only get in each other's way.
    /// </summary>
    /// <param name="context">Values of the options.</param>
    /// <param name="option">What <see cref="AddThreads"/> gave.</param>
    protected static int? Threads(VerbContext context, Option<int?> option)
    {
        int? threads = context.Value(option);
        if (threads > Environment.ProcessorCount)
        {
            context.Error.WriteLine(
                $"--threads {threads} is more than the processors here: running on {Environment.ProcessorCount}, which is faster.");
            return Environment.ProcessorCount;
        }

        return threads;
    }

    /// <summary>Declares the option <c>--size</c> of verbs that use a checkpoint.</summary>
    protected Option<string> AddInputSize() => AddOption<string>(
        "--size", "Side of the network's input in pixels, or rows and columns as 192x256; position tables are resized. [default: the "
            + "checkpoint's own]");

    /// <summary>Declares the options that say what the numbers in label maps mean.</summary>
    protected LabelOptions AddLabels() => new(
        AddOption(
            "--ignored",
            "With label maps: the number of pixels that are left out; a checkpoint knows that of its training.",
            new SegmentationLabels().Ignored),
        AddOption<bool>(
            "--reduce-zero-label",
            "With label maps: 0 is none of the classes, and all other numbers go down by one; a checkpoint knows whether they do."));

    /// <summary>Declares an argument that must be given.</summary>
    /// <param name="name">Its name, as help shows it.</param>
    /// <param name="description">What it is.</param>
    protected Argument<T> AddArgument<T>(string name, string description)
    {
        Argument<T> argument = new(name) { Description = description };
        argument.Validators.Add(result =>
        {
            // An argument of several words would swallow an option that is spelt wrong.
            if (result.Tokens.FirstOrDefault(token => Suggestions.IsOption(token.Value)) is { } option)
            {
                result.AddError($"There is no option {option.Value}.");
            }
        });
        Command.Add(argument);
        return argument;
    }

    /// <summary>Adds verbs behind this one.</summary>
    protected void AddParts(params IReadOnlyList<Verb> parts)
    {
        Parts = parts;
        foreach (Verb part in parts)
        {
            Command.Add(part.Command);
        }
    }

    /// <summary>Adds an option, with its earlier name where it had one.</summary>
    protected void Add(Option option)
    {
        foreach ((string name, string alias) in _aliases)
        {
            if (option.Name == name)
            {
                option.Aliases.Add(alias);
            }
        }

        Command.Add(option);
        if (option is IRenamedOption renamed)
        {
            Command.Add(renamed.Former);
        }
    }

    private Option<T> Added<T>(Option<T> option)
    {
        Add(option);
        return option;
    }
}
