namespace Fovea.Compare;

/// <summary>What the alternate runs of two sides gave.</summary>
/// <param name="Ours">Fovea's median time of a run in milliseconds.</param>
/// <param name="Theirs">The peer's.</param>
/// <param name="Ratio">How many times as long the peer took: the median over the rounds of the ratio of each round's medians.</param>
/// <param name="Rounds">How many rounds there were.</param>
internal sealed record Outcome(double Ours, double Theirs, double Ratio, int Rounds);

/// <summary>Two sides that take turns, so that whatever else the machine does disturbs both alike.</summary>
/// <param name="Rounds">How many turns each side takes.</param>
/// <param name="WarmUp">How long each side runs before, in milliseconds: the runtime shall have compiled what it will.</param>
internal sealed record Match(int Rounds, double WarmUp)
{
    private const int RunsOfTurn = 3;
    private const double MillisecondsOfTurn = 400;

    /// <summary>After a turn, threads of the side that had it may still look for work in a loop.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(60);

    /// <summary>Runs the match.</summary>
    /// <param name="ours">Fovea.</param>
    /// <param name="theirs">The peer.</param>
    /// <param name="cancellation">Stops between two turns.</param>
    public Outcome Play(ISide ours, ISide theirs, CancellationToken cancellation = default)
    {
        Turn(ours, 2, WarmUp);
        Turn(theirs, 2, WarmUp);
        List<double> allOurs = [];
        List<double> allTheirs = [];
        List<double> ratios = [];
        for (int round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[] our = Turn(ours, RunsOfTurn, MillisecondsOfTurn);
            double[] their = Turn(theirs, RunsOfTurn, MillisecondsOfTurn);
            allOurs.AddRange(our);
            allTheirs.AddRange(their);
            ratios.Add(Statistics.Median(their) / Statistics.Median(our));
        }

        return new Outcome(Statistics.Median(allOurs), Statistics.Median(allTheirs), Statistics.Median(ratios), Rounds);
    }

    private static double[] Turn(ISide side, int runs, double milliseconds)
    {
        Thread.Sleep(_pause);
        return side.Run(runs, milliseconds);
    }
}
