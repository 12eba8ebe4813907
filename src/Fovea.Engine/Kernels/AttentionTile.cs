using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>What forward pass and gradient of attention do with the scores of a tile of query rows while they stand in cache.</summary>
internal static unsafe class AttentionTile
{
    /// <summary>result[rows, columns] (+)= left[rows, depth] · right, which is packed in panels; result rows hold whole panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        float* left, nint leftStride, int rows, float* packed, int depth, int columns, float* result, nint resultStride, bool resume)
    {
        for (int column = 0; column < columns; column += MicroKernel.Columns)
        {
            for (int row = 0, count; row < rows; row += count)
            {
                count = MicroKernel.NextRows(rows - row);
                MicroKernel.Multiply(left + row * leftStride, leftStride, count, packed, depth, result + row * resultStride + column, resultStride, resume);
            }
            packed += (nint)depth * MicroKernel.Columns;
        }
    }

    /// <summary>
    /// Turns a row of products into exp(scale · product + bias − maximum), zeros in the lanes past the last key, and gives the sum and the maximum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Sum, float Maximum) Exponentiate(float* row, float* bias, int keys, float scale)
    {
        int count = Vector256<float>.Count;
        var factor = Vector256.Create(scale);
        var maxima = Vector256.Create(float.NegativeInfinity);
        int key = 0;
        for (; key + count <= keys; key += count)
        {
            var score = Score(row + key, bias == null ? null : bias + key, factor);
            maxima = Vector256.MaxNative(maxima, score);
            score.Store(row + key);
        }
        if (key < keys)
        {
            var score = Score(row + key, bias == null ? null : bias + key, factor);
            score = Vector256.ConditionalSelect(Inside(keys - key), score, Vector256.Create(float.NegativeInfinity));
            maxima = Vector256.MaxNative(maxima, score);
            score.Store(row + key);
        }
        float maximum = Largest(maxima);
        var shift = Vector256.Create(maximum);
        var sums = Vector256<float>.Zero;
        for (key = 0; key < keys; key += count)
        {
            var power = VectorMath.Exp(Vector256.Load(row + key) - shift);
            sums += power;
            power.Store(row + key);
        }
        return (Vector256.Sum(sums), maximum);
    }

    /// <summary>Turns a row of products into probabilities again: exp(scale · product + bias − logSumExp).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Restore(float* row, float* bias, int keys, float scale, float logSumExp)
    {
        var factor = Vector256.Create(scale);
        var shift = Vector256.Create(logSumExp);
        for (int key = 0; key < keys; key += Vector256<float>.Count)
        {
            VectorMath.Exp(Score(row + key, bias == null ? null : bias + key, factor) - shift).Store(row + key);
        }
    }

    /// <summary>Turns a row of probability gradients into score gradients: probability · (gradient − delta).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoreGradient(float* gradients, float* probabilities, int keys, float delta)
    {
        var shift = Vector256.Create(delta);
        for (int key = 0; key < keys; key += Vector256<float>.Count)
        {
            (Vector256.Load(probabilities + key) * (Vector256.Load(gradients + key) - shift)).Store(gradients + key);
        }
    }

    /// <summary>Σ left · right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* left, float* right, int length)
    {
        var sums = Vector256<float>.Zero;
        int index = 0;
        for (; index + Vector256<float>.Count <= length; index += Vector256<float>.Count)
        {
            sums = Vector256.FusedMultiplyAdd(Vector256.Load(left + index), Vector256.Load(right + index), sums);
        }
        float sum = Vector256.Sum(sums);
        for (; index < length; index++)
        {
            sum = MathF.FusedMultiplyAdd(left[index], right[index], sum);
        }
        return sum;
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Score(float* product, float* bias, Vector256<float> scale)
    {
        var value = Vector256.Load(product);
        return bias == null ? value * scale : Vector256.FusedMultiplyAdd(value, scale, Vector256.Load(bias));
    }

    private static Vector256<float> Inside(int lanes) => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(lanes)).AsSingle();

    private static float Largest(Vector256<float> values)
    {
        var half = Vector128.Max(values.GetLower(), values.GetUpper());
        half = Vector128.Max(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(half.GetElement(0), half.GetElement(1));
    }
}
