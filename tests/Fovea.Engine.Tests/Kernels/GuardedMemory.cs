using System.Runtime.InteropServices;

namespace Fovea.Engine.Tests.Kernels;

/// <summary>Aligned floats between two guards that tell whether a kernel wrote past either end.</summary>
internal sealed unsafe class GuardedMemory : IDisposable
{
    private const int Guard = 64;
    private const float Mark = 12345.75f;
    private readonly float* _memory;

    public GuardedMemory(long length, float fill = 0)
    {
        Length = (int)length;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)((length + 2 * Guard) * sizeof(float)), 64);
        new Span<float>(_memory, Length + 2 * Guard).Fill(Mark);
        Span.Fill(fill);
    }

    public GuardedMemory(long length, Random random, double scale = 1)
        : this(length)
    {
        foreach (ref float value in Span)
        {
            value = (float)((random.NextDouble() * 2 - 1) * scale);
        }
    }

    public int Length { get; }

    public float* Pointer => _memory + Guard;

    public Span<float> Span => new(Pointer, Length);

    public float this[long index] => Pointer[index];

    public static implicit operator float*(GuardedMemory? memory) => memory is null ? null : memory.Pointer;

    public float[] ToArray() => Span.ToArray();

    public void AssertGuards()
    {
        for (int index = 0; index < Guard; index++)
        {
            Assert.Equal(Mark, _memory[index]);
            Assert.Equal(Mark, Pointer[Length + index]);
        }
    }

    public void AssertNear(double[] expected, double tolerance, string what)
    {
        AssertGuards();
        Assert.Equal(expected.Length, Length);
        for (int index = 0; index < Length; index++)
        {
            double error = Math.Abs(Pointer[index] - expected[index]);
            Assert.True(error <= tolerance * (1 + Math.Abs(expected[index])), $"{what}, element {index}: {Pointer[index]} instead of {expected[index]}.");
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
