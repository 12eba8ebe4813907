using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Elementary functions over eight floats at a time. Every function gives NaN where its input is NaN, so that a non-finite value
/// is never hidden. The polynomials are Chebyshev expansions fitted to the functions in 40-digit arithmetic.
/// </summary>
internal static class VectorMath
{
    // Adding 1.5·2^23 to a small float rounds it to an integer, which then stands in the low bits of the sum.
    private const float RoundingShift = 12582912f;

    /// <summary>eˣ with a relative error below 2e-7; 0 where it underflows (also at −∞) and +∞ where it overflows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // x = n·ln 2 + r with |r| ≤ ln 2 / 2; ln 2 in two parts, so that the reduction is exact.
        x = Clamp(x, -104f, 89f);
        Vector256<float> shifted = Vector256.MultiplyAddEstimate(x, Vector256.Create(1.44269504f), Vector256.Create(RoundingShift));
        Vector256<float> n = shifted - Vector256.Create(RoundingShift);
        Vector256<float> r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-0.693145752f), x);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-1.42860677e-6f), r);
        Vector256<float> p = Vector256.MultiplyAddEstimate(Vector256.Create(0.001392617612f), r, Vector256.Create(0.008363173075f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.04166655466f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.1666657703f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.5f));
        p = Vector256.MultiplyAddEstimate(p, r * r, r) + Vector256.Create(1f);

        // The scale 2ⁿ in two halves: n may lie outside the exponents that one float can hold.
        Vector256<int> exponent = shifted.AsInt32() - Vector256.Create(RoundingShift).AsInt32();
        Vector256<int> half = Vector256.ShiftRightArithmetic(exponent, 1);
        Vector256<int> one = Vector256.Create(1f).AsInt32();
        Vector256<float> firstScale = (Vector256.ShiftLeft(half, 23) + one).AsSingle();
        Vector256<float> secondScale = (Vector256.ShiftLeft(exponent - half, 23) + one).AsSingle();
        return p * firstScale * secondScale;
    }

    /// <summary>Natural logarithm, relative error about 1e-7; −∞ at 0, NaN below 0, +∞ at +∞.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Log(Vector256<float> x)
    {
        // Subnormal inputs are brought into the normal range first.
        Vector256<float> tiny = Vector256.LessThan(x, Vector256.Create(1.17549435e-38f));
        Vector256<float> scaled = Vector256.ConditionalSelect(tiny, x * Vector256.Create(8388608f), x);
        Vector256<float> shift = tiny & Vector256.Create(-23f);

        // x = 2^k·m with m in [√½, √2): log x = k·ln 2 + 2·artanh((m − 1)/(m + 1)).
        Vector256<int> bits = scaled.AsInt32() - Vector256.Create(0.70710678f).AsInt32();
        Vector256<float> k = Vector256.ConvertToSingle(Vector256.ShiftRightArithmetic(bits, 23)) + shift;
        Vector256<float> m = ((bits & Vector256.Create(0x7fffff)) + Vector256.Create(0.70710678f).AsInt32()).AsSingle();
        Vector256<float> f = m - Vector256.Create(1f);
        Vector256<float> s = f / (m + Vector256.Create(1f));
        Vector256<float> u = s * s;
        Vector256<float> p = Vector256.MultiplyAddEstimate(Vector256.Create(0.2333046725f), u, Vector256.Create(0.2855082081f));
        p = Vector256.MultiplyAddEstimate(p, u, Vector256.Create(0.4000012184f));
        p = Vector256.MultiplyAddEstimate(p, u, Vector256.Create(0.6666666655f)) * u;

        // 2s = f − s·f, which keeps the leading term free of the division's rounding.
        Vector256<float> y = f + Vector256.MultiplyAddEstimate(k, Vector256.Create(1.42860677e-6f), s * (p - f));
        y = Vector256.MultiplyAddEstimate(k, Vector256.Create(0.693145752f), y);

        y = Vector256.ConditionalSelect(Vector256.Equals(x, Vector256<float>.Zero), Vector256.Create(float.NegativeInfinity), y);
        y = Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), Vector256.Create(float.NaN), y);
        Vector256<float> asIs = ~Vector256.LessThan(x, Vector256.Create(float.PositiveInfinity));
        return Vector256.ConditionalSelect(asIs, x, y);
    }

    /// <summary>GELU in its exact form x·Φ(x) (arXiv 1606.08415), error below 3e-7·max(1, |x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Gelu(Vector256<float> x) => Gelu(x, NormalDistribution.CdfMinusHalfOverX(x));

    /// <summary>GELU of <paramref name="x"/>, given its <see cref="NormalDistribution.CdfMinusHalfOverX(Vector256{float})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Gelu(Vector256<float> x, Vector256<float> cdfMinusHalfOverX) =>
        x * (NormalDistribution.CdfMinusHalf(x, cdfMinusHalfOverX) + Vector256.Create(0.5f));

    /// <summary>The derivative of <see cref="Gelu(Vector256{float})"/>: Φ(x) + x·φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluDerivative(Vector256<float> x) => GeluSlope.At(x);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) =>
        Vector256.Create(1f) / (Vector256.Create(1f) + Exp(-x));

    /// <summary>x·sigmoid(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Silu(Vector256<float> x) =>
        x / (Vector256.Create(1f) + Exp(-x));

    /// <summary>The derivative of <see cref="Silu"/>: s·(1 + x·(1 − s)) with s = sigmoid(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SiluDerivative(Vector256<float> x)
    {
        Vector256<float> s = Sigmoid(x);
        return Vector256.MultiplyAddEstimate(s, x * (Vector256.Create(1f) - s), s);
    }

    /// <summary>Hyperbolic tangent, relative error about 3e-7 also near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Tanh(Vector256<float> x)
    {
        // Near 0 the quotient of exponentials would cancel; an odd polynomial does not.
        Vector256<float> u = x * x;
        Vector256<float> p = Vector256.MultiplyAddEstimate(Vector256.Create(-0.00609671416f), u, Vector256.Create(0.02099717899f));
        p = Vector256.MultiplyAddEstimate(p, u, Vector256.Create(-0.05385090958f));
        p = Vector256.MultiplyAddEstimate(p, u, Vector256.Create(0.1333276974f));
        p = Vector256.MultiplyAddEstimate(p, u, Vector256.Create(-0.3333332894f));
        Vector256<float> near = Vector256.MultiplyAddEstimate(x * u, p, x);
        Vector256<float> far = Vector256.Create(1f) - Vector256.Create(2f) / (Vector256.Create(1f) + Exp(x + x));
        return Vector256.ConditionalSelect(Vector256.LessThan(Vector256.Abs(x), Vector256.Create(0.625f)), near, far);
    }

    /// <summary>max(0, x), NaN where <paramref name="x"/> is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Relu(Vector256<float> x) => Vector256.MaxNative(Vector256<float>.Zero, x);

    /// <summary>The derivative of <see cref="Relu"/>: 1 above 0, otherwise 0, NaN where <paramref name="x"/> is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ReluDerivative(Vector256<float> x)
    {
        Vector256<float> step = Vector256.GreaterThan(x, Vector256<float>.Zero) & Vector256.Create(1f);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), step, x);
    }

    /// <summary>Limits <paramref name="x"/> to [low, high] and lets NaN through.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Clamp(Vector256<float> x, float low, float high) =>
        // The native forms give their second operand where either is NaN (x86) or NaN itself (Arm).
        Vector256.MinNative(Vector256.Create(high), Vector256.MaxNative(Vector256.Create(low), x));

    /// <summary>
    /// x to a power, by logarithm and exponential in double precision. Where x is negative, an integer power has the sign that multiplying
    /// would give, and any other is NaN.
    /// </summary>
    public static Vector256<float> Power(Vector256<float> x, float exponent)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Abs(x));
        Vector256<double> factor = Vector256.Create((double)exponent);
        Vector256<float> power = Vector256.Narrow(
            Vector256.Exp(Vector256.Log(lower) * factor), Vector256.Exp(Vector256.Log(upper) * factor));
        float negative = float.IsOddInteger(exponent) ? -1 : float.IsEvenInteger(exponent) ? 1 : float.NaN;
        return Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), power * negative, power);
    }
}
