using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Sets random elements or samples to zero and divides the others by the probability of staying. The draw of an element is a hash of seed,
/// stream, step and index (SplitMix64, Steele, Lea and Flood, 2014): the same on any thread and in the gradient, which is the same call on
/// another array.
/// </summary>
internal static unsafe class DropoutKernel
{
    private const int BlockElements = 16 * 1024;
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;
    private const ulong FirstFactor = 0xBF58476D1CE4E5B9;
    private const ulong SecondFactor = 0x94D049BB133111EB;

    /// <summary>Independent parts of <see cref="Elements"/>: blocks of 16384 elements.</summary>
    public static int Parts(long count) => (int)((count + BlockElements - 1) / BlockElements);

    /// <summary>Computes parts [first, last) with a draw for each element.</summary>
    /// <param name="source">Elements.</param>
    /// <param name="target">As many results; may be <paramref name="source"/>.</param>
    /// <param name="count">The number of elements.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stream">The stream of random numbers.</param>
    /// <param name="step">The training step.</param>
    /// <param name="rate">The probability of becoming zero, from 0 to below 1.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">One past the last part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Elements(
        float* source, float* target, long count, ulong seed, int stream, ulong step, float rate, int first, int last)
    {
        Vector256<uint> threshold = Vector256.Create(Threshold(rate));
        Vector256<float> scale = Vector256.Create(1 / (1 - rate));

        // A hash of 64 bits serves two neighbours, so that four hashes lie in the lanes of eight elements.
        nint index = (nint)first * BlockElements;
        nint end = (nint)Math.Min((long)last * BlockElements, count);
        Vector256<ulong> state = Vector256.Create(Key(seed, stream, step) + (ulong)(index / 2) * GoldenGamma)
            + Vector256.Create(GoldenGamma, unchecked(2 * GoldenGamma), unchecked(3 * GoldenGamma), unchecked(4 * GoldenGamma));
        Vector256<ulong> increment = Vector256.Create(unchecked(4 * GoldenGamma));
        for (; index <= end - 8; index += 8)
        {
            Vector256<float> dropped = Vector256.LessThan(Mix(state).AsUInt32(), threshold).AsSingle();
            Vector256.AndNot(Vector256.Load(source + index) * scale, dropped).Store(target + index);
            state += increment;
        }

        if (index < end)
        {
            Vector256<float> dropped = Vector256.LessThan(Mix(state).AsUInt32(), threshold).AsSingle();
            MaskedVector.Store(Vector256.AndNot(Vector256.Load(source + index) * scale, dropped), target + index, (int)(end - index));
        }
    }

    /// <summary>Computes samples [first, last) with one draw for all elements of a sample; every sample is a part.</summary>
    /// <param name="source">[samples, <paramref name="perSample"/>].</param>
    /// <param name="target">As many results; may be <paramref name="source"/>.</param>
    /// <param name="perSample">Elements of a sample.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="stream">The stream of random numbers.</param>
    /// <param name="step">The training step.</param>
    /// <param name="rate">The probability of becoming zero, from 0 to below 1.</param>
    /// <param name="first">First sample.</param>
    /// <param name="last">One past the last sample.</param>
    public static void Samples(
        float* source, float* target, long perSample, ulong seed, int stream, ulong step, float rate, int first, int last)
    {
        ulong key = Key(seed, stream, step);
        for (int sample = first; sample < last; sample++)
        {
            nint start = (nint)(sample * perSample);
            if ((uint)Mix(Vector256.Create(key + (ulong)(sample + 1) * GoldenGamma))[0] < Threshold(rate))
            {
                new Span<float>(target + start, checked((int)perSample)).Clear();
            }
            else
            {
                Scale(source + start, target + start, perSample, 1 / (1 - rate));
            }
        }
    }

    private static uint Threshold(float rate) => (uint)(rate * 4294967296.0);

    private static ulong Key(ulong seed, int stream, ulong step) => new KeyedRandom(seed, (ulong)stream, step).NextUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Mix(Vector256<ulong> value)
    {
        value = (value ^ (value >>> 30)) * Vector256.Create(FirstFactor);
        value = (value ^ (value >>> 27)) * Vector256.Create(SecondFactor);
        return value ^ (value >>> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* source, float* target, long count, float scale)
    {
        Vector256<float> scales = Vector256.Create(scale);
        nint index = 0;
        for (; index <= count - 8; index += 8)
        {
            (Vector256.Load(source + index) * scales).Store(target + index);
        }

        for (; index < count; index++)
        {
            target[index] = source[index] * scale;
        }
    }
}
