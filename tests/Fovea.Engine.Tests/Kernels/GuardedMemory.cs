using System.Runtime.InteropServices;

namespace Fovea.Engine.Tests.Kernels;

/// <summary>
/// Aligned floats between two guards of NaN: a kernel that lets what lies beyond into its results is caught by the results, and one that
/// writes there by <see cref="AssertGuards"/>, at the latest when the memory is disposed of.
/// </summary>
internal sealed unsafe class GuardedMemory : IDisposable
{
    private const int Guard = 64;
    private static readonly int _mark = BitConverter.SingleToInt32Bits(float.NaN);
    private float* _memory;

    public GuardedMemory(long length, float fill = 0)
    {
        Length = (int)length;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)((length + (2 * Guard)) * sizeof(float)), 64);
        new Span<float>(_memory, Length + (2 * Guard)).Fill(float.NaN);
        Span.Fill(fill);
    }

    public GuardedMemory(long length, Random random, double scale = 1)
        : this(length)
    {
        foreach (ref float value in Span)
        {
            value = (float)(((random.NextDouble() * 2) - 1) * scale);
        }
    }

    public GuardedMemory(ReadOnlySpan<float> values)
        : this(values.Length) => values.CopyTo(Span);

    public int Length { get; }

    public float* Pointer => _memory + Guard;

    public Span<float> Span => new(Pointer, Length);

    public float this[long index] => Pointer[index];

    public static implicit operator float*(GuardedMemory? memory) => memory is null ? null : memory.Pointer;

    /// <summary>Values in [low, high) that are the same for the same seed.</summary>
    public static GuardedMemory Random(long length, int seed, float low = -1, float high = 1)
    {
        GuardedMemory memory = new(length);
        Random random = new(seed);
        foreach (ref float value in memory.Span)
        {
            value = low + ((high - low) * random.NextSingle());
        }

        return memory;
    }

    public GuardedMemory Copy() => new(Span);

    /// <summary>The values as their bits, which also tell one NaN from another.</summary>
    public int[] Bits() => MemoryMarshal.Cast<float, int>(Span).ToArray();

    public float[] ToArray() => Span.ToArray();

    public void AssertGuards()
    {
        int before = MemoryMarshal.Cast<float, int>(new Span<float>(_memory, Guard)).IndexOfAnyExcept(_mark);
        int after = MemoryMarshal.Cast<float, int>(new Span<float>(Pointer + Length, Guard)).IndexOfAnyExcept(_mark);
        Assert.True(before < 0 && after < 0, $"A kernel wrote outside its {Length} floats (before: {before}, after: {after}).");
    }

    public void AssertNear(double[] expected, double tolerance, string what)
    {
        AssertGuards();
        Assert.Equal(expected.Length, Length);
        for (int index = 0; index < Length; index++)
        {
            double error = Math.Abs(Pointer[index] - expected[index]);
            Assert.True(
                error <= tolerance * (1 + Math.Abs(expected[index])),
                $"{what}, element {index}: {Pointer[index]} instead of {expected[index]}.");
        }
    }

    public void Dispose()
    {
        if (_memory is null)
        {
            return;
        }

        AssertGuards();
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
