using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fovea.Compare;

/// <summary>A peer that has something open to run.</summary>
/// <param name="peer">The peer.</param>
/// <param name="clock">What its runs are timed by.</param>
internal sealed class PeerSide(Peer peer, Clock clock = Clock.Wall) : ISide
{
    /// <inheritdoc/>
    public double[] Run(int runs, double milliseconds) => peer.Ask(
        "run",
        new JsonObject
        {
            ["runs"] = runs,
            ["milliseconds"] = milliseconds,
            ["processor"] = clock == Clock.Processor,
        })["times"].Deserialize<double[]>()!;
}
