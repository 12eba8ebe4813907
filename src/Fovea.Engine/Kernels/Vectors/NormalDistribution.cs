using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// The standard normal distribution Φ, of which GELU is made: (Φ(x) − ½)/x as a quotient of polynomials in x²,
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
    public static Vector256<float> CdfMinusHalf(Vector256<float> x) => CdfMinusHalf(x, CdfMinusHalfOverX(x));

    /// <summary>Φ(x) − ½, given <see cref="CdfMinusHalfOverX(Vector256{float})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> CdfMinusHalf(Vector256<float> x, Vector256<float> cdfMinusHalfOverX) =>
        VectorMath.Clamp(x * cdfMinusHalfOverX, -0.5f, 0.5f);

    /// <summary>(Φ(x) − ½)/x up to the tail, and from there on at least ½/|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> CdfMinusHalfOverX(Vector256<float> x)
    {
        Vector256<float> square = Square(x);
        Vector256<float> numerator = Vector256.MultiplyAddEstimate(Vector256.Create(Numerator5), square, Vector256.Create(Numerator4));
        numerator = Vector256.MultiplyAddEstimate(numerator, square, Vector256.Create(Numerator3));
        numerator = Vector256.MultiplyAddEstimate(numerator, square, Vector256.Create(Numerator2));
        numerator = Vector256.MultiplyAddEstimate(numerator, square, Vector256.Create(Numerator1));
        numerator = Vector256.MultiplyAddEstimate(numerator, square, Vector256.Create(Numerator0));
        Vector256<float> denominator =
            Vector256.MultiplyAddEstimate(Vector256.Create(Denominator5), square, Vector256.Create(Denominator4));
        denominator = Vector256.MultiplyAddEstimate(denominator, square, Vector256.Create(Denominator3));
        denominator = Vector256.MultiplyAddEstimate(denominator, square, Vector256.Create(Denominator2));
        denominator = Vector256.MultiplyAddEstimate(denominator, square, Vector256.Create(Denominator1));
        denominator = Vector256.MultiplyAddEstimate(denominator, square, Vector256<float>.One);
        return numerator / denominator;
    }

    /// <summary>
    /// Four vectors at once, with the same bits as one by one. Each step of a polynomial waits for the one before; eight polynomials side
    /// by side fill the wait, and just fit the registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CdfMinusHalfOverX(ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d)
    {
        Vector256<float> squareA = Square(a);
        Vector256<float> squareB = Square(b);
        Vector256<float> squareC = Square(c);
        Vector256<float> squareD = Square(d);
        a = b = c = d = Vector256.Create(Numerator5);
        Step(Numerator4, squareA, squareB, squareC, squareD, ref a, ref b, ref c, ref d);
        Step(Numerator3, squareA, squareB, squareC, squareD, ref a, ref b, ref c, ref d);
        Step(Numerator2, squareA, squareB, squareC, squareD, ref a, ref b, ref c, ref d);
        Step(Numerator1, squareA, squareB, squareC, squareD, ref a, ref b, ref c, ref d);
        Step(Numerator0, squareA, squareB, squareC, squareD, ref a, ref b, ref c, ref d);
        Vector256<float> denominatorA = Vector256.Create(Denominator5);
        Vector256<float> denominatorB = denominatorA;
        Vector256<float> denominatorC = denominatorA;
        Vector256<float> denominatorD = denominatorA;
        Step(Denominator4, squareA, squareB, squareC, squareD, ref denominatorA, ref denominatorB, ref denominatorC, ref denominatorD);
        Step(Denominator3, squareA, squareB, squareC, squareD, ref denominatorA, ref denominatorB, ref denominatorC, ref denominatorD);
        Step(Denominator2, squareA, squareB, squareC, squareD, ref denominatorA, ref denominatorB, ref denominatorC, ref denominatorD);
        Step(Denominator1, squareA, squareB, squareC, squareD, ref denominatorA, ref denominatorB, ref denominatorC, ref denominatorD);
        Step(1, squareA, squareB, squareC, squareD, ref denominatorA, ref denominatorB, ref denominatorC, ref denominatorD);
        a /= denominatorA;
        b /= denominatorB;
        c /= denominatorC;
        d /= denominatorD;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Square(Vector256<float> x) => Vector256.MinNative(Vector256.Create(TailStart * TailStart), x * x);

    // One step of Horner's rule.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        float addend, Vector256<float> squareA, Vector256<float> squareB, Vector256<float> squareC, Vector256<float> squareD,
        ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d)
    {
        Vector256<float> addends = Vector256.Create(addend);
        a = Vector256.MultiplyAddEstimate(a, squareA, addends);
        b = Vector256.MultiplyAddEstimate(b, squareB, addends);
        c = Vector256.MultiplyAddEstimate(c, squareC, addends);
        d = Vector256.MultiplyAddEstimate(d, squareD, addends);
    }
}
