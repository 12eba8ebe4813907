namespace Fovea.Collectives;

/// <summary>
/// Communication between the processes of one job, its ranks: 0 to <see cref="Size"/> − 1. Every rank calls the same members in the same
/// order with values of the same lengths, one at a time; each call waits for the others.
/// </summary>
public interface ICollective : IDisposable
{
    /// <summary>Number of this process, from 0.</summary>
    int Rank { get; }

    /// <summary>Number of processes.</summary>
    int Size { get; }

    /// <summary>
    /// Replaces each value by its sum over the ranks. The order of additions is that of a binary tree over the ranks, neighbours first:
    /// ((0 + 1) + (2 + 3)) + …, so that all ranks have the same bits, and the same ones in every run.
    /// </summary>
    /// <param name="values">This rank's values; the sums afterwards.</param>
    /// <exception cref="CollectiveException">Another rank has failed or is gone.</exception>
    void AllReduce(Span<float> values);

    /// <inheritdoc cref="AllReduce(Span{float})"/>
    void AllReduce(Span<double> values);

    /// <summary>Copies one rank's bytes to all others.</summary>
    /// <param name="values">The bytes to copy on <paramref name="root"/>; on other ranks the place that takes them.</param>
    /// <param name="root">Rank that has the bytes.</param>
    /// <exception cref="CollectiveException">Another rank has failed or is gone.</exception>
    void Broadcast(Span<byte> values, int root = 0);

    /// <summary>Waits until every rank has come to this point.</summary>
    /// <exception cref="CollectiveException">Another rank has failed or is gone.</exception>
    void Barrier();
}
