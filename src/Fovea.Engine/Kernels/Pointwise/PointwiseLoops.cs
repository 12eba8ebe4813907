using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>One tight loop per instruction of a <see cref="PointwiseProgram"/>, over tile buffers of a multiple of eight floats.</summary>
internal static unsafe partial class PointwiseLoops
{
    /// <summary>
    /// The loop of an operation: from sources a, b, c (those that it does not have are any pointers) and an immediate to the destination,
    /// over a multiple of 8 floats. The destination may be one of the sources.
    /// </summary>
    public static delegate*<float*, float*, float*, float*, float, nint, void> Of(PointwiseOpcode opcode) => opcode switch
    {
        PointwiseOpcode.Copy => &Unary<CopyOf>,
        PointwiseOpcode.Add => &Binary<Sum>,
        PointwiseOpcode.Subtract => &Binary<Difference>,
        PointwiseOpcode.Multiply => &Binary<Product>,
        PointwiseOpcode.Divide => &Binary<Quotient>,
        PointwiseOpcode.Maximum => &Binary<Larger>,
        PointwiseOpcode.Minimum => &Binary<Smaller>,
        PointwiseOpcode.Equal => &Binary<Equality>,
        PointwiseOpcode.Greater => &Binary<LeftLarger>,
        PointwiseOpcode.GreaterOrEqual => &Binary<LeftNotSmaller>,
        PointwiseOpcode.Gate => &Binary<Gated>,
        PointwiseOpcode.Select => &Ternary<Selected>,
        PointwiseOpcode.MultiplyAdd => &Ternary<ProductPlus>,
        PointwiseOpcode.AddScalar => &Unary<PlusScalar>,
        PointwiseOpcode.MultiplyScalar => &Unary<TimesScalar>,
        PointwiseOpcode.Negate => &Unary<Negative>,
        PointwiseOpcode.Reciprocal => &LongUnary<Inverse>,
        PointwiseOpcode.Exp => &LongUnary<Exponential>,
        PointwiseOpcode.Log => &LongUnary<Logarithm>,
        PointwiseOpcode.Sqrt => &LongUnary<Root>,
        PointwiseOpcode.ReciprocalSqrt => &LongUnary<InverseRoot>,
        PointwiseOpcode.Square => &Unary<SquareOf>,
        PointwiseOpcode.Gelu => &LongUnary<GeluOf>,
        PointwiseOpcode.GeluDerivative => &LongUnary<GeluDerivativeOf>,
        PointwiseOpcode.Relu => &Unary<ReluOf>,
        PointwiseOpcode.ReluDerivative => &Unary<ReluSlope>,
        PointwiseOpcode.Silu => &LongUnary<SiluOf>,
        PointwiseOpcode.SiluDerivative => &LongUnary<SiluSlope>,
        PointwiseOpcode.Sigmoid => &LongUnary<SigmoidOf>,
        PointwiseOpcode.Tanh => &LongUnary<TanhOf>,
        PointwiseOpcode.Abs => &Unary<Magnitude>,
        PointwiseOpcode.Power => &LongUnary<PowerOf>,
        _ => throw new InvalidOperationException($"The pointwise operation {opcode} has no loop."),
    };

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

    /// <summary>
    /// Adds all floats of <paramref name="source"/> to <paramref name="sums"/>, of which there are <paramref name="period"/>: float i to
    /// sum i modulo the period, in order.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AccumulatePeriods(float* sums, float* source, nint period, nint count)
    {
        nint whole = count - count % period;
        nint column = 0;
        for (; column <= period - 8; column += 8)
        {
            Vector256<float> sum = Vector256.Load(sums + column);
            for (nint at = column; at < whole; at += period)
            {
                sum += Vector256.Load(source + at);
            }

            sum.Store(sums + column);
        }

        for (; column < period; column++)
        {
            for (nint at = column; at < whole; at += period)
            {
                sums[column] += source[at];
            }
        }

        Accumulate(sums, source + whole, count - whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Unary<T>(float* destination, float* a, float* b, float* c, float immediate, nint count)
        where T : struct, IUnary
    {
        Vector256<float> s = Vector256.Create(immediate);
        nint i = 0;
        for (; i <= count - 32; i += 32)
        {
            Vector256<float> first = T.Apply(Vector256.Load(a + i), s);
            Vector256<float> second = T.Apply(Vector256.Load(a + i + 8), s);
            Vector256<float> third = T.Apply(Vector256.Load(a + i + 16), s);
            Vector256<float> fourth = T.Apply(Vector256.Load(a + i + 24), s);
            first.Store(destination + i);
            second.Store(destination + i + 8);
            third.Store(destination + i + 16);
            fourth.Store(destination + i + 24);
        }

        for (; i < count; i += 8)
        {
            T.Apply(Vector256.Load(a + i), s).Store(destination + i);
        }
    }

    // Functions of many steps fill the registers by themselves.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LongUnary<T>(float* destination, float* a, float* b, float* c, float immediate, nint count)
        where T : struct, IUnary
    {
        Vector256<float> s = Vector256.Create(immediate);
        for (nint i = 0; i < count; i += 8)
        {
            T.Apply(Vector256.Load(a + i), s).Store(destination + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Binary<T>(float* destination, float* a, float* b, float* c, float immediate, nint count)
        where T : struct, IBinary
    {
        nint i = 0;
        for (; i <= count - 32; i += 32)
        {
            Vector256<float> first = T.Apply(Vector256.Load(a + i), Vector256.Load(b + i));
            Vector256<float> second = T.Apply(Vector256.Load(a + i + 8), Vector256.Load(b + i + 8));
            Vector256<float> third = T.Apply(Vector256.Load(a + i + 16), Vector256.Load(b + i + 16));
            Vector256<float> fourth = T.Apply(Vector256.Load(a + i + 24), Vector256.Load(b + i + 24));
            first.Store(destination + i);
            second.Store(destination + i + 8);
            third.Store(destination + i + 16);
            fourth.Store(destination + i + 24);
        }

        for (; i < count; i += 8)
        {
            T.Apply(Vector256.Load(a + i), Vector256.Load(b + i)).Store(destination + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Ternary<T>(float* destination, float* a, float* b, float* c, float immediate, nint count)
        where T : struct, ITernary
    {
        nint i = 0;
        for (; i <= count - 32; i += 32)
        {
            Vector256<float> first = T.Apply(Vector256.Load(a + i), Vector256.Load(b + i), Vector256.Load(c + i));
            Vector256<float> second = T.Apply(Vector256.Load(a + i + 8), Vector256.Load(b + i + 8), Vector256.Load(c + i + 8));
            Vector256<float> third = T.Apply(Vector256.Load(a + i + 16), Vector256.Load(b + i + 16), Vector256.Load(c + i + 16));
            Vector256<float> fourth = T.Apply(Vector256.Load(a + i + 24), Vector256.Load(b + i + 24), Vector256.Load(c + i + 24));
            first.Store(destination + i);
            second.Store(destination + i + 8);
            third.Store(destination + i + 16);
            fourth.Store(destination + i + 24);
        }

        for (; i < count; i += 8)
        {
            T.Apply(Vector256.Load(a + i), Vector256.Load(b + i), Vector256.Load(c + i)).Store(destination + i);
        }
    }
}
