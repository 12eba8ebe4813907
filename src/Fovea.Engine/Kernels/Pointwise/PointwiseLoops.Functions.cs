using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <content>What the loops apply to each eight floats.</content>
internal static unsafe partial class PointwiseLoops
{
    private interface IUnary
    {
        static abstract Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate);
    }

    private interface IBinary
    {
        static abstract Vector256<float> Apply(Vector256<float> a, Vector256<float> b);
    }

    private interface ITernary
    {
        static abstract Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c);
    }

    private readonly struct CopyOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => a;
    }

    private readonly struct PlusScalar : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => a + immediate;
    }

    private readonly struct TimesScalar : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => a * immediate;
    }

    private readonly struct Negative : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => -a;
    }

    private readonly struct Inverse : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => Vector256.Create(1f) / a;
    }

    private readonly struct Exponential : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Exp(a);
    }

    private readonly struct Logarithm : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Log(a);
    }

    private readonly struct Root : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => Vector256.Sqrt(a);
    }

    private readonly struct InverseRoot : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => Vector256.Create(1f) / Vector256.Sqrt(a);
    }

    private readonly struct SquareOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => a * a;
    }

    private readonly struct GeluOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Gelu(a);
    }

    private readonly struct GeluDerivativeOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.GeluDerivative(a);
    }

    private readonly struct ReluOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Relu(a);
    }

    private readonly struct ReluSlope : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.ReluDerivative(a);
    }

    private readonly struct SiluOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Silu(a);
    }

    private readonly struct SiluSlope : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.SiluDerivative(a);
    }

    private readonly struct SigmoidOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Sigmoid(a);
    }

    private readonly struct TanhOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Tanh(a);
    }

    private readonly struct Magnitude : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => Vector256.Abs(a);
    }

    private readonly struct PowerOf : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate) => VectorMath.Power(a, immediate[0]);
    }

    private readonly struct Sum : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => a + b;
    }

    private readonly struct Difference : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => a - b;
    }

    private readonly struct Product : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => a * b;
    }

    private readonly struct Quotient : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => a / b;
    }

    private readonly struct Larger : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => Vector256.Max(a, b);
    }

    private readonly struct Smaller : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => Vector256.Min(a, b);
    }

    private readonly struct Equality : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => Vector256.Equals(a, b) & Vector256.Create(1f);
    }

    private readonly struct LeftLarger : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) => Vector256.GreaterThan(a, b) & Vector256.Create(1f);
    }

    private readonly struct LeftNotSmaller : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
            Vector256.GreaterThanOrEqual(a, b) & Vector256.Create(1f);
    }

    private readonly struct Gated : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b)
        {
            // Neither above 0 nor not above it is NaN, and stays so.
            Vector256<float> open = Vector256.GreaterThan(a, Vector256<float>.Zero);
            return (b & open) + (a & ~Vector256.Equals(a, a));
        }
    }

    private readonly struct Selected : ITernary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
            Vector256.ConditionalSelect(Vector256.Equals(a, Vector256<float>.Zero), c, b);
    }

    private readonly struct ProductPlus : ITernary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
            Vector256.MultiplyAddEstimate(a, b, c);
    }
}
