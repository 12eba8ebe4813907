using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>The exponential that attention spends its time on: base 2, for arguments that a maximum has been taken off.</summary>
internal static class Exponential
{
    /// <summary>Factor that makes natural exponents binary ones: log₂ e.</summary>
    public const float BinaryPerNatural = 1.44269504f;

    /// <summary>Factor that makes binary exponents natural ones: ln 2.</summary>
    public const float NaturalPerBinary = 0.693147181f;

    // Adding 1.5·2^23 to a small float rounds it to an integer, which then stands in the low bits of the sum: here with the exponent's
    // bias on top.
    private const float RoundingShift = 12582912f + 127f;

    /// <summary>
    /// 2ˣ for x up to 126, relative error below 2e-7 (3e-7 where multiply-adds are not fused); 1 at 0, 0 below −127 and NaN where
    /// <paramref name="x"/> is NaN. The polynomial is a minimax fit of (2ʳ − 1)/r.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> x)
    {
        // The native form gives its second operand where either is NaN (x86) or NaN itself (Arm). At −127 the exponent's bits are
        // those of zero.
        x = Vector256.MaxNative(Vector256.Create(-127f), x);
        Vector256<float> shifted = x + Vector256.Create(RoundingShift);
        Vector256<float> r = x - (shifted - Vector256.Create(RoundingShift));

        // In pairs: Horner's rule would wait for the latency of five multiplications, one after the other.
        Vector256<float> square = r * r;
        Vector256<float> p = Vector256.MultiplyAddEstimate(Vector256.Create(0.001326472389f), r, Vector256.Create(0.00967151287f));
        p = Vector256.MultiplyAddEstimate(
            p, square, Vector256.MultiplyAddEstimate(Vector256.Create(0.05550733754f), r, Vector256.Create(0.2402224208f)));
        p = Vector256.MultiplyAddEstimate(
            p, square, Vector256.MultiplyAddEstimate(Vector256.Create(0.6931469776f), r, Vector256.Create(1f)));
        return p * Vector256.ShiftLeft(shifted.AsInt32(), 23).AsSingle();
    }
}
