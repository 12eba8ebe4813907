using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Fovea.Collectives;

/// <summary>Collective communication made of exchanges between two ranks.</summary>
public abstract class PairwiseCollective : ICollective
{
    // Elements that are reduced at a time: few enough to stay in a cache, enough that latency does not matter.
    private const int Piece = 1 << 20;

    private byte[] _received = [];

    /// <inheritdoc/>
    public abstract int Rank { get; }

    /// <inheritdoc/>
    public abstract int Size { get; }

    /// <inheritdoc/>
    public void AllReduce(Span<float> values) => Sum(values);

    /// <inheritdoc/>
    public void AllReduce(Span<double> values) => Sum(values);

    /// <inheritdoc/>
    public void Broadcast(Span<byte> values, int root = 0)
    {
        // A binomial tree: each rank receives from the one without its lowest bit, and passes on to those with a lower bit.
        int own = (Rank - root + Size) % Size;
        int bit = own == 0 ? (int)BitOperations.RoundUpToPowerOf2((uint)Size) : own & -own;
        if (own != 0)
        {
            Exchange((own - bit + root) % Size, [], values);
        }

        for (bit /= 2; bit > 0; bit /= 2)
        {
            if (own + bit < Size)
            {
                Exchange((own + bit + root) % Size, values, []);
            }
        }
    }

    /// <inheritdoc/>
    public void Barrier() => AllReduce([0.0]);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Sends bytes to another rank and receives bytes from it; the other one does the same.</summary>
    /// <param name="partner">The other rank.</param>
    /// <param name="send">Bytes to send; none is sent where it is empty.</param>
    /// <param name="receive">Place for the bytes to receive; none is awaited where it is empty.</param>
    /// <exception cref="CollectiveException">The other rank has failed or is gone.</exception>
    protected abstract void Exchange(int partner, ReadOnlySpan<byte> send, Span<byte> receive);

    private void Sum<T>(Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        while (!values.IsEmpty)
        {
            Span<T> piece = values[..Math.Min(Piece, values.Length)];
            if (BitOperations.IsPow2(Size))
            {
                SumByHalves(piece, 1);
            }
            else
            {
                SumToFirst(piece);
                Broadcast(MemoryMarshal.AsBytes(piece));
            }

            values = values[piece.Length..];
        }
    }

    /// <summary>
    /// Recursive halving and doubling (Thakur, Rabenseifner and Gropp, 2005), neighbours first: two ranks each add one half of the values,
    /// have the half summed over the other ranks, and exchange the sums. An addition gives the same bits on either side, as it commutes.
    /// </summary>
    private void SumByHalves<T>(Span<T> values, int distance)
        where T : unmanaged, INumberBase<T>
    {
        if (distance == Size || values.IsEmpty)
        {
            return;
        }

        int partner = Rank ^ distance;
        int middle = values.Length / 2;
        bool isLower = Rank < partner;
        Span<T> own = isLower ? values[..middle] : values[middle..];
        Span<T> other = isLower ? values[middle..] : values[..middle];
        ExchangeAndAdd(partner, other, own);
        SumByHalves(own, 2 * distance);
        Exchange(partner, MemoryMarshal.AsBytes(own), MemoryMarshal.AsBytes(other));
    }

    /// <summary>Sums over any number of ranks at the first of them, by the same tree without the ranks that are missing.</summary>
    private void SumToFirst<T>(Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        for (int distance = 1; distance < Size; distance *= 2)
        {
            if (Rank % (2 * distance) != 0)
            {
                Exchange(Rank - distance, MemoryMarshal.AsBytes(values), []);
                return;
            }

            if (Rank + distance < Size)
            {
                ExchangeAndAdd(Rank + distance, [], values);
            }
        }
    }

    private void ExchangeAndAdd<T>(int partner, ReadOnlySpan<T> send, Span<T> sum)
        where T : unmanaged, INumberBase<T>
    {
        int bytes = MemoryMarshal.AsBytes(sum).Length;
        if (_received.Length < bytes)
        {
            _received = new byte[bytes];
        }

        Span<T> received = MemoryMarshal.Cast<byte, T>(_received.AsSpan(0, bytes));
        Exchange(partner, MemoryMarshal.AsBytes(send), MemoryMarshal.AsBytes(received));
        TensorPrimitives.Add(sum, received, sum);
    }
}
