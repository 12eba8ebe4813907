using System.Buffers;

namespace Fovea.Detection;

/// <summary>
/// The best of many scores, in descending order; equal ones keep the order of their indices. Takes memory for twice as many as are wanted,
/// which is rented and given back by
/// <see cref="Return"/>.
/// </summary>
internal ref struct TopScores
{
    private readonly ulong[] _rented;
    private readonly int _wanted;
    private ulong _last = ulong.MaxValue;
    private int _count;

    /// <summary>Begins without scores.</summary>
    /// <param name="wanted">The largest number of scores to keep.</param>
    public TopScores(int wanted) => (_wanted, _rented) = (wanted, ArrayPool<ulong>.Shared.Rent(2 * wanted));

    /// <summary>Writes the indices of all scores in descending order of score.</summary>
    public static void Order(ReadOnlySpan<float> scores, Span<int> order)
    {
        TopScores all = new(scores.Length);
        all.Offer(scores);
        all.Finish();
        for (int rank = 0; rank < order.Length; rank++)
        {
            order[rank] = all[rank];
        }

        all.Return();
    }

    /// <summary>Index of the score at a rank, from 0 for the best; valid when finished.</summary>
    public readonly int this[int rank] => (int)(uint)_rented[rank];

    /// <summary>Considers a score.</summary>
    public void Offer(float score, int index)
    {
        // Ascending keys are descending scores, then ascending indices; adding zero makes one of the two zeros.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint descending = (bits & 0x80000000) != 0 ? bits : ~(bits | 0x80000000);
        ulong key = ((ulong)descending << 32) | (uint)index;
        if (key > _last || _wanted == 0)
        {
            return;
        }

        if (_count == 2 * _wanted)
        {
            Finish();
            if (key > _last)
            {
                return;
            }
        }

        _rented[_count++] = key;
    }

    /// <summary>Considers scores under the indices at which they stand.</summary>
    public void Offer(ReadOnlySpan<float> scores)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            Offer(scores[i], i);
        }
    }

    /// <summary>Brings the best into order.</summary>
    /// <returns>Their number, at most as many as wanted.</returns>
    public int Finish()
    {
        _rented.AsSpan(0, _count).Sort();
        if (_count >= _wanted && _wanted > 0)
        {
            _count = _wanted;
            _last = _rented[_wanted - 1];
        }

        return _count;
    }

    /// <summary>Gives the memory back.</summary>
    public readonly void Return() => ArrayPool<ulong>.Shared.Return(_rented);
}
