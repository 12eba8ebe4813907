namespace Fovea.Engine.Graph;

/// <summary>
/// Exchange among the shards of a batch, each of which a plan of its own computes at the same time, here or in another process. All have
/// the same graph but for this object, so that they come to the same exchanges in the same order.
/// </summary>
internal interface IShardExchange
{
    /// <summary>Number of shards.</summary>
    int Shards { get; }

    /// <summary>Replaces each value by its sum over the shards, added over a binary tree, neighbours first; waits for the others.</summary>
    /// <param name="values">This shard's values, as many on each; the sums afterwards.</param>
    void Sum(Span<double> values);
}
