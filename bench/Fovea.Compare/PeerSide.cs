using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fovea.Compare;

/// <summary>A peer that has something open to run.</summary>
/// <param name="peer">The peer.</param>
internal sealed class PeerSide(Peer peer) : ISide
{
    /// <inheritdoc/>
    public double[] Run(int runs, double milliseconds) =>
        peer.Ask("run", new JsonObject { ["runs"] = runs, ["milliseconds"] = milliseconds })["times"].Deserialize<double[]>()!;
}
