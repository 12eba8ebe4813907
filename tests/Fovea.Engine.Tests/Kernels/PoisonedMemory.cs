using System.Runtime.InteropServices;

namespace Fovea.Engine.Tests.Kernels;

/// <summary>
/// Aligned memory as kernels get it, with 64 readable bytes behind it. Those hold NaN, so that a kernel which lets them into its
/// results is caught, and <see cref="AssertUntouchedBehind"/> catches one that writes there.
/// </summary>
internal sealed unsafe class PoisonedMemory : IDisposable
{
    private const int Guard = 16;

    public PoisonedMemory(long length, float fill = 0)
    {
        Length = (int)length;
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)(length + Guard) * sizeof(float), 64);
        Span.Fill(fill);
        new Span<float>(Pointer + length, Guard).Fill(float.NaN);
    }

    public PoisonedMemory(ReadOnlySpan<float> values)
        : this(values.Length) => values.CopyTo(Span);

    public int Length { get; }

    public float* Pointer { get; }

    public Span<float> Span => new(Pointer, Length);

    public float this[long i] => Pointer[i];

    /// <summary>Random values in [low, high), the same for the same seed.</summary>
    public static PoisonedMemory Random(long length, int seed, float low = -2, float high = 2)
    {
        var random = new Random(seed);
        var buffer = new PoisonedMemory(length);
        foreach (ref float value in buffer.Span)
        {
            value = low + (high - low) * random.NextSingle();
        }

        return buffer;
    }

    public PoisonedMemory Copy() => new(Span);

    public int[] Bits() => MemoryMarshal.Cast<float, int>(Span).ToArray();

    public void AssertUntouchedBehind()
    {
        for (int i = 0; i < Guard; i++)
        {
            Assert.True(float.IsNaN(Pointer[Length + i]), $"The kernel wrote {i} floats behind the end.");
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(Pointer);
}

/// <summary>Comparisons shared by the kernels' tests.</summary>
internal static class Agreement
{
    /// <summary>|got − want| ≤ tolerance·max(1, |want|) at every index.</summary>
    public static void All(ReadOnlySpan<float> got, double[] want, double tolerance, string what)
    {
        Assert.Equal(want.Length, got.Length);
        for (int i = 0; i < want.Length; i++)
        {
            bool near = Math.Abs(got[i] - want[i]) <= tolerance * Math.Max(1, Math.Abs(want[i]));
            Assert.True(near, $"{what}: element {i} is {got[i]}, expected {want[i]}.");
        }
    }

    /// <summary>The ways to group parts that the tests try: all at once, one by one, and in two uneven ranges.</summary>
    public static IEnumerable<(int First, int Last)[]> Groupings(int parts)
    {
        yield return [(0, parts)];
        yield return [.. Enumerable.Range(0, parts).Reverse().Select(part => (part, part + 1))];
        yield return [(0, parts / 3), (parts / 3, parts)];
    }
}
