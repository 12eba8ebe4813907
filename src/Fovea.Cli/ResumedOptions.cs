using Fovea.Data;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>
/// Options on the command line of a run that goes on: more epochs extend it, pictures may come or end, others must be those that it has. An
/// option that is ignored silently would let people believe in a change that was never made.
/// </summary>
/// <param name="context">The values given.</param>
/// <param name="run">Options that the run began with.</param>
internal sealed class ResumedOptions(VerbContext context, TrainingOptions run)
{
    private const string Epochs = "--epochs";
    private const string ExplainEvery = "--explain-every";

    /// <summary>Checks the options of the table and gives those that the run goes on with.</summary>
    /// <exception cref="UsageException">One is another than the run's; the message names it.</exception>
    public TrainingOptions Checked(IReadOnlyList<TrainingOptionTable.Entry> table)
    {
        TrainingOptions options = run;
        foreach (TrainingOptionTable.Entry entry in table.Where(entry => context.IsGiven(entry.Option)))
        {
            TrainingOptions changed = entry.Apply(context, run);
            if (entry.Option.Name == ExplainEvery)
            {
                // Pictures change nothing of what is learnt.
                options = options with { ExplainEvery = changed.ExplainEvery };
            }
            else if (entry.Option.Name != Epochs)
            {
                Require(entry.Option.Name, Text(entry.Get(run)), Text(entry.Get(changed)));
            }
            else if (changed.Epochs < run.Epochs)
            {
                throw new UsageException(
                    $"{Epochs} {changed.Epochs} is fewer than the {run.Epochs} of the run: a run can be extended, not cut. Its "
                        + "checkpoints are good as they are.");
            }
            else
            {
                options = options with { Epochs = changed.Epochs };
            }
        }

        return options;
    }

    /// <summary>Checks one option, where it was given.</summary>
    /// <param name="option">Name of the option.</param>
    /// <param name="own">Value of the run.</param>
    /// <param name="given">Value that was given; null where none was.</param>
    /// <exception cref="UsageException">They are not the same.</exception>
    public static void Require(string option, string own, string? given)
    {
        if (given is not null && given != own)
        {
            throw new UsageException(
                $"{option} cannot change with --resume: the run has {own}, not {given}. Leave it out, or begin a new run (--from the run's "
                    + "checkpoint, with another --out).");
        }
    }

    /// <summary>Text of a size as options have it.</summary>
    public static string SizeOf(Preprocessing images) => $"{images.Height}x{images.Width}";

    private static string Text(object? value) => value is null ? "the model's own" : FormattableString.Invariant($"{value}");
}
