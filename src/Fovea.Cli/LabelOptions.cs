using System.CommandLine;
using Fovea.Data;

namespace Fovea.Cli;

/// <summary>Options that say what the numbers in label maps mean.</summary>
/// <param name="Ignored"><c>--ignored</c>.</param>
/// <param name="ReduceZeroLabel"><c>--reduce-zero-label</c>.</param>
internal sealed record LabelOptions(Option<int> Ignored, Option<bool> ReduceZeroLabel)
{
    /// <summary>True if one of the options stands on the command line.</summary>
    public bool AreGiven(VerbContext context) => context.IsGiven(Ignored) || context.IsGiven(ReduceZeroLabel);

    /// <summary>Meaning of the numbers.</summary>
    /// <param name="context">The command line.</param>
    /// <param name="known">Meaning where an option is not given, such as that of a model's training; null for the usual one.</param>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public SegmentationLabels Of(VerbContext context, SegmentationLabels? known = null)
    {
        known ??= new SegmentationLabels();
        int ignored = context.IsGiven(Ignored) ? context.Value(Ignored) : known.Ignored;
        bool reduced = context.IsGiven(ReduceZeroLabel) ? context.Value(ReduceZeroLabel) : known.ReduceZeroLabel;
        return ignored is >= 0 and <= byte.MaxValue
            ? known with { Ignored = ignored, ReduceZeroLabel = reduced }
            : throw new UsageException($"--ignored {ignored} must be from 0 to 255.");
    }
}
