using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The standard normal distribution Φ, of which GELU and the error function are made: (Φ(x) − ½)/x as a quotient of polynomials in x²,
/// fitted for the least absolute error of Φ up to the tail. A quotient needs 11 multiply-adds where a polynomial needs 15.
/// </summary>
internal static class NormalDistribution
{
    // Beyond this the tail is below half a unit in the last place of 0.5.
    private const float TailStart = 5.25f;
    private const float Numerator0 = 0.39894226f;
    private const float Numerator1 = 0.03273451f;
    private const float Numerator2 = 0.004617889f;
    private const float Numerator3 = 0.00015853476f;
    private const float Numerator4 = 6.3923553e-6f;
    private const float Numerator5 = 2.4389154e-8f;
    private const float Denominator1 = 0.24871953f;
    private const float Denominator2 = 0.028029308f;
    private const float Denominator3 = 0.0018265126f;
    private const float Denominator4 = 7.090108e-5f;
    private const float Denominator5 = 1.2479035e-6f;

    /// <summary>Φ(x) − ½, absolute error below 1.6e-7, exactly ±½ in the tails, NaN where <paramref name="x"/> is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AboveMedian(Vector256<float> x)
    {
        var square = Square(x);
        var numerator = Vector256.FusedMultiplyAdd(Vector256.Create(Numerator5), square, Vector256.Create(Numerator4));
        numerator = Vector256.FusedMultiplyAdd(numerator, square, Vector256.Create(Numerator3));
        numerator = Vector256.FusedMultiplyAdd(numerator, square, Vector256.Create(Numerator2));
        numerator = Vector256.FusedMultiplyAdd(numerator, square, Vector256.Create(Numerator1));
        numerator = Vector256.FusedMultiplyAdd(numerator, square, Vector256.Create(Numerator0));
        var denominator = Vector256.FusedMultiplyAdd(Vector256.Create(Denominator5), square, Vector256.Create(Denominator4));
        denominator = Vector256.FusedMultiplyAdd(denominator, square, Vector256.Create(Denominator3));
        denominator = Vector256.FusedMultiplyAdd(denominator, square, Vector256.Create(Denominator2));
        denominator = Vector256.FusedMultiplyAdd(denominator, square, Vector256.Create(Denominator1));
        denominator = Vector256.FusedMultiplyAdd(denominator, square, Vector256<float>.One);
        return Quotient(x, numerator, denominator);
    }

    /// <summary>
    /// The same for two vectors, to the same bits. Each step of a polynomial waits for the one before; four polynomials side by side fill
    /// most of the wait, and more would not fit the registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AboveMedian(ref Vector256<float> a, ref Vector256<float> b)
    {
        var squareA = Square(a);
        var squareB = Square(b);
        var numeratorA = Vector256.Create(Numerator5);
        var numeratorB = numeratorA;
        var denominatorA = Vector256.Create(Denominator5);
        var denominatorB = denominatorA;
        Step(Numerator4, Denominator4, squareA, squareB, ref numeratorA, ref numeratorB, ref denominatorA, ref denominatorB);
        Step(Numerator3, Denominator3, squareA, squareB, ref numeratorA, ref numeratorB, ref denominatorA, ref denominatorB);
        Step(Numerator2, Denominator2, squareA, squareB, ref numeratorA, ref numeratorB, ref denominatorA, ref denominatorB);
        Step(Numerator1, Denominator1, squareA, squareB, ref numeratorA, ref numeratorB, ref denominatorA, ref denominatorB);
        Step(Numerator0, 1, squareA, squareB, ref numeratorA, ref numeratorB, ref denominatorA, ref denominatorB);
        a = Quotient(a, numeratorA, denominatorA);
        b = Quotient(b, numeratorB, denominatorB);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Square(Vector256<float> x) => Vector256.MinNative(Vector256.Create(TailStart * TailStart), x * x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Quotient(Vector256<float> x, Vector256<float> numerator, Vector256<float> denominator) =>
        VectorMath.Clamp(x * numerator / denominator, -0.5f, 0.5f);

    // One step of Horner's rule.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        float numerator, float denominator, Vector256<float> squareA, Vector256<float> squareB,
        ref Vector256<float> numeratorA, ref Vector256<float> numeratorB, ref Vector256<float> denominatorA, ref Vector256<float> denominatorB)
    {
        var addend = Vector256.Create(numerator);
        numeratorA = Vector256.FusedMultiplyAdd(numeratorA, squareA, addend);
        numeratorB = Vector256.FusedMultiplyAdd(numeratorB, squareB, addend);
        addend = Vector256.Create(denominator);
        denominatorA = Vector256.FusedMultiplyAdd(denominatorA, squareA, addend);
        denominatorB = Vector256.FusedMultiplyAdd(denominatorB, squareB, addend);
    }
}
