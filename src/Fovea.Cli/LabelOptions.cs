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
    /// <exception cref="UsageException">A number is out of range.</exception>
    public SegmentationLabels Of(VerbContext context)
    {
        int ignored = context.Value(Ignored);
        return ignored is >= 0 and <= byte.MaxValue
            ? new SegmentationLabels { Ignored = ignored, ReduceZeroLabel = context.Value(ReduceZeroLabel) }
            : throw new UsageException($"--ignored {ignored} must be from 0 to 255.");
    }
}
