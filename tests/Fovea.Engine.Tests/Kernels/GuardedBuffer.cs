using System.Runtime.InteropServices;

namespace Fovea.Engine.Tests.Kernels;

/// <summary>
/// Aligned floats with a guard zone on either side: <see cref="Dispose"/> fails the test if a kernel wrote there.
/// </summary>
internal sealed unsafe class GuardedBuffer : IDisposable
{
    private const int Guard = 32;
    private const float Mark = -12345.678f;
    private readonly float* _memory;

    public GuardedBuffer(nint length)
    {
        Length = (int)length;
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)(length + 2 * Guard) * sizeof(float), 64);
        new Span<float>(_memory, Length + 2 * Guard).Fill(Mark);
        Span.Clear();
    }

    public int Length { get; }

    public float* Pointer => _memory + Guard;

    public Span<float> Span => new(Pointer, Length);

    /// <summary>Values in [−1, 1) that are the same for the same seed.</summary>
    public static GuardedBuffer Random(nint length, int seed)
    {
        var buffer = new GuardedBuffer(length);
        var random = new Random(seed);
        foreach (ref var value in buffer.Span)
        {
            value = random.NextSingle() * 2 - 1;
        }

        return buffer;
    }

    public void Dispose()
    {
        var before = new Span<float>(_memory, Guard).IndexOfAnyExcept(Mark);
        var after = new Span<float>(Pointer + Length, Guard).IndexOfAnyExcept(Mark);
        NativeMemory.AlignedFree(_memory);
        Assert.True(before < 0 && after < 0, $"A kernel wrote outside its buffer of {Length} floats (before: {before}, after: {after}).");
    }
}
