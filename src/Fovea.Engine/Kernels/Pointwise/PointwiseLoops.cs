using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>One tight loop per instruction of a <see cref="PointwiseProgram"/>, over tile buffers of a multiple of eight floats.</summary>
internal static unsafe class PointwiseLoops
{
    private interface IUnary
    {
        static abstract Vector256<float> Apply(Vector256<float> a, Vector256<float> immediate);
    }

    private interface IBinary
    {
        static abstract Vector256<float> Apply(Vector256<float> a, Vector256<float> b);
    }

    /// <summary>
    /// Runs one instruction over <paramref name="count"/> floats (a multiple of 8). The destination may be one of the sources.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Execute(PointwiseProgramInstruction instruction, float** registers, nint count)
    {
        float* destination = registers[instruction.Destination];
        float* a = registers[instruction.A];
        float* b = registers[instruction.B];
        float s = instruction.Immediate;
        switch (instruction.Opcode)
        {
            case PointwiseOpcode.Copy: Unary<CopyOf>(destination, a, s, count); break;
            case PointwiseOpcode.Add: Binary<Sum>(destination, a, b, count); break;
            case PointwiseOpcode.Subtract: Binary<Difference>(destination, a, b, count); break;
            case PointwiseOpcode.Multiply: Binary<Product>(destination, a, b, count); break;
            case PointwiseOpcode.Divide: Binary<Quotient>(destination, a, b, count); break;
            case PointwiseOpcode.Maximum: Binary<Larger>(destination, a, b, count); break;
            case PointwiseOpcode.Minimum: Binary<Smaller>(destination, a, b, count); break;
            case PointwiseOpcode.Equal: Binary<Equality>(destination, a, b, count); break;
            case PointwiseOpcode.Greater: Binary<LeftLarger>(destination, a, b, count); break;
            case PointwiseOpcode.GreaterOrEqual: Binary<LeftNotSmaller>(destination, a, b, count); break;
            case PointwiseOpcode.Select: Select(destination, a, b, registers[instruction.C], count); break;
            case PointwiseOpcode.MultiplyAdd: MultiplyAdd(destination, a, b, registers[instruction.C], count); break;
            case PointwiseOpcode.AddScalar: Unary<PlusScalar>(destination, a, s, count); break;
            case PointwiseOpcode.MultiplyScalar: Unary<TimesScalar>(destination, a, s, count); break;
            case PointwiseOpcode.Negate: Unary<Negative>(destination, a, s, count); break;
            case PointwiseOpcode.Reciprocal: Unary<Inverse>(destination, a, s, count); break;
            case PointwiseOpcode.Exp: Unary<Exponential>(destination, a, s, count); break;
            case PointwiseOpcode.Log: Unary<Logarithm>(destination, a, s, count); break;
            case PointwiseOpcode.Sqrt: Unary<Root>(destination, a, s, count); break;
            case PointwiseOpcode.ReciprocalSqrt: Unary<InverseRoot>(destination, a, s, count); break;
            case PointwiseOpcode.Square: Unary<SquareOf>(destination, a, s, count); break;
            case PointwiseOpcode.Gelu: Unary<GeluOf>(destination, a, s, count); break;
            case PointwiseOpcode.GeluDerivative: Unary<GeluSlope>(destination, a, s, count); break;
            case PointwiseOpcode.Relu: Unary<ReluOf>(destination, a, s, count); break;
            case PointwiseOpcode.ReluDerivative: Unary<ReluSlope>(destination, a, s, count); break;
            case PointwiseOpcode.Silu: Unary<SiluOf>(destination, a, s, count); break;
            case PointwiseOpcode.SiluDerivative: Unary<SiluSlope>(destination, a, s, count); break;
            case PointwiseOpcode.Sigmoid: Unary<SigmoidOf>(destination, a, s, count); break;
            case PointwiseOpcode.Tanh: Unary<TanhOf>(destination, a, s, count); break;
            case PointwiseOpcode.Abs: Unary<Magnitude>(destination, a, s, count); break;
            case PointwiseOpcode.Power: Unary<PowerOf>(destination, a, s, count); break;
            default: throw new InvalidOperationException($"The pointwise operation {instruction.Opcode} has no loop.");
        }
    }

    /// <summary>Copies exactly <paramref name="count"/> floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* destination, float* source, nint count)
    {
        nint i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256.Load(source + i).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = source[i];
        }
    }

    /// <summary>Adds exactly <paramref name="count"/> floats of <paramref name="source"/> to <paramref name="destination"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate(float* destination, float* source, nint count)
    {
        nint i = 0;
        for (; i <= count - 8; i += 8)
        {
            (Vector256.Load(destination + i) + Vector256.Load(source + i)).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] += source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Unary<T>(float* destination, float* a, float immediate, nint count)
        where T : struct, IUnary
    {
        Vector256<float> s = Vector256.Create(immediate);
        for (nint i = 0; i < count; i += 8)
        {
            T.Apply(Vector256.Load(a + i), s).Store(destination + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Binary<T>(float* destination, float* a, float* b, nint count)
        where T : struct, IBinary
    {
        for (nint i = 0; i < count; i += 8)
        {
            T.Apply(Vector256.Load(a + i), Vector256.Load(b + i)).Store(destination + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyAdd(float* destination, float* a, float* b, float* c, nint count)
    {
        for (nint i = 0; i < count; i += 8)
        {
            Vector256.MultiplyAddEstimate(Vector256.Load(a + i), Vector256.Load(b + i), Vector256.Load(c + i)).Store(destination + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Select(float* destination, float* condition, float* a, float* b, nint count)
    {
        for (nint i = 0; i < count; i += 8)
        {
            Vector256<float> isZero = Vector256.Equals(Vector256.Load(condition + i), Vector256<float>.Zero);
            Vector256.ConditionalSelect(isZero, Vector256.Load(b + i), Vector256.Load(a + i)).Store(destination + i);
        }
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

    private readonly struct GeluSlope : IUnary
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
}
