namespace Fovea.Engine;

/// <summary>
/// A SplitMix64 sequence of random numbers (Steele, Lea and Flood, 2014) whose start is a hash of three keys, such as seed, epoch and index
/// of an image, or seed and the hash of a parameter's name. The draws depend on the keys only, never on which thread makes them or what was
/// drawn elsewhere. Random numbers are a room of their own, which all others may use, kernels included.
/// </summary>
public struct KeyedRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private ulong _state;

    /// <summary>Starts the sequence that belongs to three keys.</summary>
    public KeyedRandom(ulong first, ulong second, ulong third = 0) =>
        _state = Mix(Mix(Mix(first + GoldenGamma) + second + GoldenGamma) + third + GoldenGamma);

    /// <summary>A key made of a name (FNV-1a, 64 bits).</summary>
    public static ulong KeyOf(string name)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte value in System.Text.Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ value) * 0x100000001b3;
        }

        return hash;
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => Mix(_state += GoldenGamma);

    /// <summary>A number in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [low, high).</summary>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>A number from the normal distribution of mean 0 and standard deviation 1 (Box and Muller, 1958).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

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
