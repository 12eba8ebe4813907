using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fovea.Engine.Kernels;

/// <summary>The first lanes of a vector, for the ends of rows whose length is not a multiple of eight.</summary>
internal static unsafe class MaskedVector
{
    /// <summary>All bits set in the first <paramref name="count"/> lanes, none in the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Mask(int count) =>
        Vector256.GreaterThan(Vector256.Create(count), Vector256<int>.Indices).AsSingle();

    /// <summary>Loads <paramref name="count"/> floats and zeros after them; all eight floats must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source, int count) => Vector256.Load(source) & Mask(count);

    /// <summary>Loads <paramref name="count"/> floats and <paramref name="fill"/> after them; all eight floats must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source, int count, float fill) =>
        Vector256.ConditionalSelect(Mask(count), Vector256.Load(source), Vector256.Create(fill));

    /// <summary>Stores the first <paramref name="count"/> lanes (all of them from 8 on) and touches nothing after them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* target, int count)
    {
        if (Avx.IsSupported)
        {
            Avx.MaskStore(target, Mask(count), value);
            return;
        }

        for (int lane = 0; lane < Math.Min(count, Vector256<float>.Count); lane++)
        {
            target[lane] = value.GetElement(lane);
        }
    }
}
