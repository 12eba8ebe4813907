namespace Fovea.Compare;

/// <summary>Result of alternate runs of two sides.</summary>
/// <param name="Ours">Fovea's median time of a run in milliseconds.</param>
/// <param name="Theirs">The peer's; null where there is none.</param>
/// <param name="Ratio">How many times as long the peer took: the median over the rounds of the ratio of each round's medians.</param>
/// <param name="Rounds">How many rounds there were.</param>
/// <param name="OurBest">Fovea's shortest time of a run, which busy neighbours disturb least.</param>
/// <param name="TheirBest">The peer's.</param>
internal sealed record Outcome(double Ours, double? Theirs, double? Ratio, int Rounds, double OurBest, double? TheirBest);

/// <summary>Two sides that take turns, so that whatever else the machine does disturbs both alike.</summary>
/// <param name="Rounds">How many turns each side takes.</param>
/// <param name="Runs">The fewest runs of a turn.</param>
/// <param name="WarmUp">How long each side runs before, in milliseconds: the runtime shall have compiled what it will.</param>
/// <param name="Clock">Clock that times are measured by.</param>
internal sealed record Match(int Rounds, int Runs, double WarmUp, Clock Clock = Clock.Wall)
{
    private const double MillisecondsOfTurn = 400;

    /// <summary>After a turn, threads of the side that had it may still look for work in a loop.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(60);

    /// <summary>A match whose figures are worth printing.</summary>
    public static Match Whole { get; } = new(Rounds: 5, Runs: 3, WarmUp: 1200);

    /// <summary>A match of runs that take seconds each.</summary>
    public static Match OfLongRuns { get; } = new(Rounds: 5, Runs: 1, WarmUp: 0);

    /// <summary>A match that is soon over.</summary>
    public static Match Quick { get; } = new(Rounds: 1, Runs: 2, WarmUp: 700);

    /// <summary>Runs the match.</summary>
    /// <param name="ours">Fovea.</param>
    /// <param name="theirs">The peer; null where Fovea runs alone.</param>
    /// <param name="cancellation">Stops between two turns.</param>
    public Outcome Play(ISide ours, ISide? theirs, CancellationToken cancellation = default)
    {
        Turn(ours, 1, WarmUp);
        Turn(theirs, 1, WarmUp);
        List<double> allOurs = [];
        List<double> allTheirs = [];
        List<double> ratios = [];
        for (int round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[] our = Turn(ours, Runs, MillisecondsOfTurn);
            double[] their = Turn(theirs, Runs, MillisecondsOfTurn);
            allOurs.AddRange(our);
            allTheirs.AddRange(their);
            if (their.Length > 0)
            {
                ratios.Add(Statistics.Median(their) / Statistics.Median(our));
            }
        }

        return theirs is null
            ? new Outcome(Statistics.Median(allOurs), null, null, Rounds, allOurs.Min(), null)
            : new Outcome(
                Statistics.Median(allOurs),
                Statistics.Median(allTheirs),
                Statistics.Median(ratios),
                Rounds,
                allOurs.Min(),
                allTheirs.Min());
    }

    private static double[] Turn(ISide? side, int runs, double milliseconds)
    {
        if (side is null)
        {
            return [];
        }

        Thread.Sleep(_pause);
        return side.Run(runs, milliseconds);
    }
}
