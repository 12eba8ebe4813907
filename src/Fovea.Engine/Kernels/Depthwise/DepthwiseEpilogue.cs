using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// An epilogue as depthwise convolution applies it: the sums begin with the bias, the rest follows while they are in registers.
/// </summary>
internal static unsafe class DepthwiseEpilogue
{
    /// <summary>True if anything follows the bias, from which the sums start.</summary>
    public static bool HasMoreThanBias(in EpilogueArguments epilogue)
    {
        EpilogueArguments rest = epilogue;
        rest.Bias = null;
        return !rest.IsEmpty;
    }

    /// <summary>
    /// The rest of the epilogue for four neighbouring pixels, which stand <paramref name="stride"/> floats apart. An activation needs the
    /// registers for itself: meanwhile the sums lie in <paramref name="memory"/>, 32 floats.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish<TActivation>(
        in EpilogueArguments epilogue, ref Vector256<float> sum0, ref Vector256<float> sum1, ref Vector256<float> sum2,
        ref Vector256<float> sum3,
        nint channel, nint offset, nint stride, float* memory)
        where TActivation : struct, IActivation
    {
        if (epilogue.ResidualBefore != null)
        {
            AddFour(epilogue.ResidualBefore + offset, stride, ref sum0, ref sum1, ref sum2, ref sum3);
        }
        if (!TActivation.IsLight)
        {
            sum0.Store(memory);
            sum1.Store(memory + 8);
            sum2.Store(memory + 16);
            sum3.Store(memory + 24);
        }
        TActivation.Prepare(ref sum0, ref sum1, ref sum2, ref sum3);
        sum0 = TActivation.Complete(TActivation.IsLight ? sum0 : Vector256.Load(memory), sum0);
        sum1 = TActivation.Complete(TActivation.IsLight ? sum1 : Vector256.Load(memory + 8), sum1);
        sum2 = TActivation.Complete(TActivation.IsLight ? sum2 : Vector256.Load(memory + 16), sum2);
        sum3 = TActivation.Complete(TActivation.IsLight ? sum3 : Vector256.Load(memory + 24), sum3);
        if (epilogue.Scale != null)
        {
            Vector256<float> scale = Vector256.Load(epilogue.Scale + channel);
            sum0 *= scale;
            sum1 *= scale;
            sum2 *= scale;
            sum3 *= scale;
        }
        if (epilogue.Shift != null)
        {
            Vector256<float> shift = Vector256.Load(epilogue.Shift + channel);
            sum0 += shift;
            sum1 += shift;
            sum2 += shift;
            sum3 += shift;
        }
        if (epilogue.ResidualAfter != null)
        {
            AddFour(epilogue.ResidualAfter + offset, stride, ref sum0, ref sum1, ref sum2, ref sum3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFour(
        float* addends, nint stride, ref Vector256<float> sum0, ref Vector256<float> sum1, ref Vector256<float> sum2,
        ref Vector256<float> sum3)
    {
        sum0 += Vector256.Load(addends);
        sum1 += Vector256.Load(addends + stride);
        sum2 += Vector256.Load(addends + 2 * stride);
        sum3 += Vector256.Load(addends + 3 * stride);
    }

    /// <summary>Everything of the epilogue but the bias for eight channels of one pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Finish<TActivation>(in EpilogueArguments epilogue, Vector256<float> value, nint channel, nint offset)
        where TActivation : struct, IActivation
    {
        if (epilogue.ResidualBefore != null)
        {
            value += Vector256.Load(epilogue.ResidualBefore + offset);
        }
        value = TActivation.Apply(value);
        if (epilogue.Scale != null)
        {
            value *= Vector256.Load(epilogue.Scale + channel);
        }
        if (epilogue.Shift != null)
        {
            value += Vector256.Load(epilogue.Shift + channel);
        }
        return epilogue.ResidualAfter == null ? value : value + Vector256.Load(epilogue.ResidualAfter + offset);
    }

    /// <summary>The epilogue with its pointers moved to a channel of the columns and an element of the result.</summary>
    public static EpilogueArguments At(in EpilogueArguments epilogue, nint channel, nint offset) => new()
    {
        Bias = Move(epilogue.Bias, channel),
        ResidualBefore = Move(epilogue.ResidualBefore, offset),
        Activation = epilogue.Activation,
        Scale = Move(epilogue.Scale, channel),
        Shift = Move(epilogue.Shift, channel),
        ResidualAfter = Move(epilogue.ResidualAfter, offset),
    };

    private static float* Move(float* pointer, nint distance) => pointer == null ? null : pointer + distance;
}
