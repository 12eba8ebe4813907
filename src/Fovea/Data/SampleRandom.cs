namespace Fovea.Data;

/// <summary>
/// Random numbers for one picture of one epoch: a SplitMix64 sequence (Steele, Lea and Flood, 2014) whose start is a hash of seed, epoch and index.
/// The draws depend on these three only, never on which thread makes them or what was drawn for other pictures.
/// </summary>
public struct SampleRandom
{
    /// <summary>The "index" under which an epoch's order is drawn.</summary>
    internal const ulong OrderStream = ulong.MaxValue;

    /// <summary>The "epoch" under which validation splits are drawn.</summary>
    internal const ulong SplitStream = ulong.MaxValue;

    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>Starts the sequence that belongs to a key.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="index">The picture's index in its data set.</param>
    public SampleRandom(ulong seed, ulong epoch, ulong index) =>
        _state = Mix(Mix(Mix(seed + GoldenGamma) + epoch + GoldenGamma) + index + GoldenGamma);

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => Mix(_state += GoldenGamma);

    /// <summary>A number in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [low, high).</summary>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>An integer in [0, bound); the deviation from an even choice is below bound/2⁶⁴.</summary>
    /// <param name="bound">The number of choices, at least 1.</param>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(NextUInt64(), (ulong)bound, out _);
    }

    /// <summary>True with the given probability.</summary>
    /// <param name="probability">From 0 (never) to 1 (always).</param>
    public bool NextBoolean(double probability) => NextDouble() < probability;

    /// <summary>Puts values into a random order (Fisher and Yates).</summary>
    /// <param name="values">The values to reorder.</param>
    public void Shuffle(Span<int> values)
    {
        for (int last = values.Length - 1; last > 0; last--)
        {
            int other = NextInt32(last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
