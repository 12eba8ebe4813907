using Fovea.Engine;

namespace Fovea.Detection;

/// <summary>Sizes of a sample.</summary>
/// <param name="Count">Boxes drawn from an image at most.</param>
/// <param name="PositiveFraction">Part of them that may be of objects; what objects leave is filled with background.</param>
internal sealed record SamplerOptions(int Count, double PositiveFraction);

/// <summary>Numbers of boxes that show objects and background.</summary>
internal readonly record struct MatchCounts(int Positives, int Negatives)
{
    /// <summary>Counts what was matched.</summary>
    public static MatchCounts Of(ReadOnlySpan<int> matches)
    {
        int positives = 0;
        int negatives = 0;
        foreach (int match in matches)
        {
            positives += match >= 0 ? 1 : 0;
            negatives += match == Matcher.Background ? 1 : 0;
        }

        return new(positives, negatives);
    }
}

/// <summary>
/// Draws boxes of objects and of background evenly and without replacement, which ones by the keys of the random numbers alone.
/// </summary>
internal static class BalancedSampler
{
    /// <summary>Marks the boxes that are not drawn as ignored.</summary>
    /// <param name="options">Sizes of the sample.</param>
    /// <param name="matches">Object or mark of each box, as the matcher writes them.</param>
    /// <param name="random">The random numbers of this draw.</param>
    /// <returns>Numbers of boxes drawn.</returns>
    public static MatchCounts Sample(SamplerOptions options, Span<int> matches, KeyedRandom random)
    {
        (int positives, int negatives) = MatchCounts.Of(matches);
        int wantedPositives = Math.Min(positives, (int)(options.Count * options.PositiveFraction));
        int wantedNegatives = Math.Min(negatives, options.Count - wantedPositives);
        MatchCounts drawn = new(wantedPositives, wantedNegatives);

        // Selection sampling (Knuth, volume 2, algorithm 3.4.2 S) goes through the boxes once and so draws them in their order.
        for (int box = 0; box < matches.Length; box++)
        {
            if (matches[box] >= 0)
            {
                Draw(ref random, ref positives, ref wantedPositives, ref matches[box]);
            }
            else if (matches[box] == Matcher.Background)
            {
                Draw(ref random, ref negatives, ref wantedNegatives, ref matches[box]);
            }
        }

        return drawn;
    }

    private static void Draw(ref KeyedRandom random, ref int left, ref int wanted, ref int match)
    {
        if (random.NextInt32(left) < wanted)
        {
            wanted--;
        }
        else
        {
            match = Matcher.Ignored;
        }

        left--;
    }
}
