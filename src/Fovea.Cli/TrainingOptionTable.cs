using System.CommandLine;
using System.Runtime.CompilerServices;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>
/// Options of the command that set members of <see cref="TrainingOptions"/>. Each stands here once; the parser, help with its defaults, the
/// mapping and the names in messages all come from its entry.
/// </summary>
internal static class TrainingOptionTable
{
    private static readonly TrainingOptions _defaults = new();

    /// <summary>Makes the entries, in the order in which help shows them and their values are set.</summary>
    public static IReadOnlyList<Entry> Entries() =>
    [
        Of("--epochs", "Times that all images are shown.", options => options.Epochs, (options, value) => options with
        {
            Epochs = value,
            WarmUpEpochs = Math.Min(options.WarmUpEpochs, value),
            CoolDownEpochs = Math.Min(options.CoolDownEpochs, Math.Max(0, value - options.WarmUpEpochs)),
        }),
        Of("--batch", "Images in a step.", options => options.BatchSize, (options, value) => options with { BatchSize = value }),
        Of(
            "--shards",
            "Parts of a batch that as many processes may share, a power of two; each has its own batch statistics.",
            options => options.Shards,
            (options, value) => options with { Shards = value }),
        Of(
            "--sync-batch-norm",
            "Take batch statistics over all shards together.",
            options => options.SyncBatchNorm,
            (options, value) => options with { SyncBatchNorm = value }),
        Of("--optimizer", "How weights are changed.", options => options.Optimizer, (options, value) => options with
        {
            Optimizer = value,
            LearningRate = UsualRate(value),
        }),
        OrOwn<double>(
            "--learning-rate",
            "The learning rate after the warm-up. [default: 0.002 for AdamW and Muon, 0.05 for Sgd, 0.005 for Lamb, 0.0003 for Lion]",
            options => options.LearningRate,
            (options, value) => options with { LearningRate = value }),
        Of(
            "--warm-up",
            "Epochs over which the learning rate rises.",
            options => options.WarmUpEpochs,
            (options, value) => options with { WarmUpEpochs = Math.Min(value, options.Epochs) }),
        Of(
            "--weight-decay",
            "Decay of weights; norms, biases and tables are left out.",
            options => options.WeightDecay,
            (options, value) => options with { WeightDecay = value }),
        Of(
            "--label-smoothing",
            "Label smoothing, from 0 to below 1.",
            options => options.LabelSmoothing,
            (options, value) => options with { LabelSmoothing = value }),
        OrOwn<float>(
            "--drop-path",
            "Probability of dropping the last block's branches. [default: the model's own]",
            options => options.DropPath,
            (options, value) => options with { DropPath = value }),
        Of(
            "--clip",
            "The largest norm of all gradients together; 0 for no limit.",
            options => options.ClipNorm,
            (options, value) => options with { ClipNorm = value }),
        Of(
            "--ema-decay",
            "Decay of the exponential moving average (EMA) of weights that is evaluated, such as 0.999; 0 for none.",
            options => options.EmaDecay,
            (options, value) => options with { EmaDecay = value },
            formerName: "--average"),
        Of(
            "--validation-fraction",
            "Share of the training images set aside where there is no validation set.",
            options => options.ValidationFraction,
            (options, value) => options with { ValidationFraction = value }),
        OrOwn<int>(
            "--max-bad",
            "Images that are passed over because they cannot be read, at most. [default: one in a hundred, at least one]",
            options => options.MaxUnreadable,
            (options, value) => options with { MaxUnreadable = value }),
        Of(
            "--explain-every",
            "Epochs after each of which explanations of a few validation images are drawn into the run folder and the report; 0 for never.",
            options => options.ExplainEvery,
            (options, value) => options with { ExplainEvery = value }),
        Of(
            "--seed",
            "The seed of weights, order, augmentation and dropout.",
            options => options.Seed,
            (options, value) => options with { Seed = value }),
    ];

    /// <summary>The option that sets a member.</summary>
    /// <param name="entries">Entries of <see cref="Entries"/>.</param>
    /// <param name="member">Name of the member.</param>
    public static Option For(this IReadOnlyList<Entry> entries, string member) =>
        entries.First(entry => entry.Member == member).Option;

    /// <summary>Sets the members whose options stand on the command line; others stay as they are.</summary>
    /// <param name="entries">Entries of <see cref="Entries"/>.</param>
    /// <param name="context">Values of the options.</param>
    /// <param name="recipe">Recipe that the options are of.</param>
    /// <param name="options">Options of the recipe.</param>
    public static TrainingOptions ApplyGiven(
        this IReadOnlyList<Entry> entries, VerbContext context, Recipe recipe, TrainingOptions options)
    {
        TrainingOptions changed = entries
            .Where(entry => context.IsGiven(entry.Option))
            .Aggregate(options, (one, entry) => entry.Apply(context, one));

        // An optimiser brings its usual rate along where nobody chose one.
        return recipe.Has("learningRate") && !context.IsGiven(entries.For(nameof(TrainingOptions.LearningRate)))
            ? changed with { LearningRate = options.LearningRate }
            : changed;
    }

    /// <summary>Checks options, and names the command's option in what is wrong.</summary>
    /// <exception cref="UsageException">One is out of range.</exception>
    public static void Validate(TrainingOptions options)
    {
        try
        {
            options.Validate();
        }
        catch (ArgumentException error)
        {
            string message = error.ParamName is string parameter
                ? error.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal)
                : error.Message;
            throw new UsageException(Entries().FirstOrDefault(entry => entry.Member == error.ParamName) is { } entry
                ? message.Replace(entry.Member, entry.Option.Name, StringComparison.Ordinal)
                : message);
        }
    }

    private static double UsualRate(OptimizerKind optimizer) => optimizer switch
    {
        OptimizerKind.Sgd => 0.05,
        OptimizerKind.Lamb => 5e-3,
        OptimizerKind.Lion => 3e-4,
        _ => _defaults.LearningRate,
    };

    private static Entry Of<T>(
        string name,
        string description,
        Func<TrainingOptions, T> get,
        Func<TrainingOptions, T, TrainingOptions> set,
        string? formerName = null,
        [CallerArgumentExpression(nameof(get))] string member = "")
    {
        Option<T> option = formerName is null ? new Option<T>(name) : new RenamedOption<T>(name, formerName);
        option.Description = description;
        option.DefaultValueFactory = _ => get(_defaults);
        option.Readable();
        (option as RenamedOption<T>)?.Former.Readable();
        return new Entry(
            option,
            member[(member.LastIndexOf('.') + 1)..],
            options => get(options),
            (context, options) => set(options, context.Value(option)!));
    }

    /// <summary>Makes an entry that leaves its member alone where it is not given.</summary>
    private static Entry OrOwn<T>(
        string name,
        string description,
        Func<TrainingOptions, T?> get,
        Func<TrainingOptions, T, TrainingOptions> set,
        [CallerArgumentExpression(nameof(get))] string member = "")
        where T : struct
    {
        Option<T?> option = new Option<T?>(name) { Description = description }.Readable();
        return new Entry(
            option,
            member[(member.LastIndexOf('.') + 1)..],
            options => get(options),
            (context, options) => context.Value(option) is T value ? set(options, value) : options);
    }

    /// <summary>Option of the command and the member that it sets.</summary>
    /// <param name="Option">Option.</param>
    /// <param name="Member">Name of the member.</param>
    /// <param name="Get">Reads the member.</param>
    /// <param name="Apply">Sets the member to the value that was given.</param>
    internal sealed record Entry(
        Option Option, string Member, Func<TrainingOptions, object?> Get, Func<VerbContext, TrainingOptions, TrainingOptions> Apply);
}
