using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// What forward pass and gradient of attention do with the scores of a strip of queries. A key is a row and a query a lane, so that the softmax over the
/// keys runs down the lanes: no sum or maximum across a vector, and no keys beyond the last.
/// </summary>
internal static unsafe class AttentionTile
{
    /// <summary>packed[width, lanes] = factor · rows[count, width]ᵀ, with zeros in the lanes past the last row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(StridedRows rows, int count, int width, float factor, float* packed, int lanes)
    {
        if (count < lanes)
        {
            new Span<float>(packed, width * lanes).Clear();
        }

        Transposition.Transpose(rows.First, rows.Stride, count, width, packed, lanes);
        if (factor != 1)
        {
            var factors = Vector256.Create(factor);
            for (float* end = packed + width * lanes; packed < end; packed += 8)
            {
                (Vector256.Load(packed) * factors).Store(packed);
            }
        }
    }

    /// <summary>Raises each lane's maximum to the largest of its scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RaiseMaxima(float* scores, int keys, int lanes, float* maxima)
    {
        for (int lane = 0; lane < lanes; lane += 8)
        {
            var maximum = Vector256.Load(maxima + lane);
            float* score = scores + lane;
            for (int key = 0; key < keys; key++)
            {
                maximum = Vector256.MaxNative(maximum, Vector256.Load(score));
                score += lanes;
            }

            maximum.Store(maxima + lane);
        }
    }

    /// <summary>Turns binary scores into 2^(score − maximum) and adds these to the sums of their lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Exponentiate(float* scores, int keys, int lanes, float* maxima, float* sums)
    {
        for (int lane = 0; lane < lanes; lane += 8)
        {
            var maximum = Vector256.Load(maxima + lane);
            var sum = Vector256.Load(sums + lane);
            float* score = scores + lane;
            for (int key = 0; key < keys; key++)
            {
                var power = Exponential.PowerOfTwo(Vector256.Load(score) - maximum);
                sum += power;
                power.Store(score);
                score += lanes;
            }

            sum.Store(sums + lane);
        }
    }

    /// <summary>Turns binary scores into probabilities again, 2^(score − logarithm), and adds probability · gradient to the deltas of their lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Restore(float* scores, float* gradients, int keys, int lanes, float* logarithms, float* deltas)
    {
        for (int lane = 0; lane < lanes; lane += 8)
        {
            var logarithm = Vector256.Load(logarithms + lane);
            var delta = Vector256.Load(deltas + lane);
            nint index = lane;
            for (int key = 0; key < keys; key++)
            {
                var probability = Exponential.PowerOfTwo(Vector256.Load(scores + index) - logarithm);
                delta = Vector256.FusedMultiplyAdd(probability, Vector256.Load(gradients + index), delta);
                probability.Store(scores + index);
                index += lanes;
            }

            delta.Store(deltas + lane);
        }
    }

    /// <summary>Turns gradients of probabilities into gradients of scores: probability · (gradient − delta).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreGradient(float* gradients, float* probabilities, int keys, int lanes, float* deltas)
    {
        for (int lane = 0; lane < lanes; lane += 8)
        {
            var delta = Vector256.Load(deltas + lane);
            nint index = lane;
            for (int key = 0; key < keys; key++)
            {
                (Vector256.Load(probabilities + index) * (Vector256.Load(gradients + index) - delta)).Store(gradients + index);
                index += lanes;
            }
        }
    }

    /// <summary>target = factor · source for <paramref name="length"/> values, and not one more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* source, float* target, int length, float factor)
    {
        var factors = Vector256.Create(factor);
        int index = 0;
        for (; index + Vector256<float>.Count <= length; index += Vector256<float>.Count)
        {
            (Vector256.Load(source + index) * factors).Store(target + index);
        }

        for (; index < length; index++)
        {
            target[index] = source[index] * factor;
        }
    }
}
