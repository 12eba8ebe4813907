using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Operations on the scores of a strip of queries, shared by forward pass and gradient of attention. A key is a row and a query a lane, so
/// that the softmax over the keys runs down the lanes: no sum or maximum across a vector, and no keys beyond the last.
/// </summary>
internal static unsafe class AttentionTile
{
    private const int LineFloats = 16;

    private const int SquareRows = 8;

    private const int SquareColumns = 64;

    /// <summary>packed[width, lanes] = factor · rows[count, width]ᵀ, with zeros in the lanes past the last row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(StridedRows rows, int count, int width, float factor, float* packed, int lanes)
    {
        int whole = count & -SquareRows;
        TransposeKernel.Transpose(rows.First, rows.Stride, whole, width, packed, lanes);
        for (int first = whole; first < lanes; first += SquareRows)
        {
            PackSquares(rows.From(first), Math.Max(count - first, 0), width, packed + first, lanes);
        }

        if (factor != 1)
        {
            Vector256<float> factors = Vector256.Create(factor);
            for (float* end = packed + width * lanes; packed < end; packed += 8)
            {
                (Vector256.Load(packed) * factors).Store(packed);
            }
        }
    }

    // Rows that do not fill squares of the transposition do so with rows of zeros beside them.
    [SkipLocalsInit]
    private static void PackSquares(StridedRows rows, int count, int width, float* packed, int lanes)
    {
        float* squares = stackalloc float[SquareRows * SquareColumns];
        new Span<float>(squares, SquareRows * SquareColumns).Clear();
        for (int column = 0; column < width; column += SquareColumns)
        {
            int columns = Math.Min(SquareColumns, width - column);
            for (int row = 0; row < count; row++)
            {
                new Span<float>(rows.From(row).First + column, columns).CopyTo(new Span<float>(squares + row * SquareColumns, columns));
            }

            TransposeKernel.Transpose(squares, SquareColumns, SquareRows, columns, packed + column * lanes, lanes);
        }
    }

    /// <summary>
    /// Reads a float of every line of rows: sequences that the processor sees and runs ahead of, as it does not for instructions to
    /// prefetch.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Fetch(StridedRows rows, int count, nint length)
    {
        float* row = rows.First;
        for (; count > 0; count--)
        {
            for (nint column = 0; column < length; column += LineFloats)
            {
                Volatile.Read(ref row[column]);
            }

            row += rows.Stride;
        }
    }

    /// <summary>
    /// Copies rows that lie apart, as whole vectors, to where they lie together; those that do already are the answer themselves.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static StridedRows Gather(StridedRows rows, int count, StridedRows target)
    {
        if (rows.Stride == target.Stride)
        {
            return rows;
        }

        nint stride = target.Stride;
        float* source = rows.First;
        for (float* to = target.First, end = to + count * stride; to < end; to += stride)
        {
            for (nint column = 0; column < stride; column += Vector256<float>.Count)
            {
                Vector256.Load(source + column).Store(to + column);
            }

            source += rows.Stride;
        }

        return target;
    }

    /// <summary>Turns binary scores into 2^(score − maximum) and adds these to the sums of their lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Exponentiate(float* scores, int keys, int lanes, float* maxima, float* sums)
    {
        for (int lane = 0; lane < lanes; lane += 8)
        {
            Vector256<float> maximum = Vector256.Load(maxima + lane);
            Vector256<float> sum = Vector256.Load(sums + lane);
            float* score = scores + lane;
            for (int key = 0; key < keys; key++)
            {
                Vector256<float> power = Exponential.PowerOfTwo(Vector256.Load(score) - maximum);
                sum += power;
                power.Store(score);
                score += lanes;
            }

            sum.Store(sums + lane);
        }
    }

    /// <summary>
    /// Turns binary scores into probabilities again, 2^(score − logarithm), and adds probability · gradient to the deltas
    /// of their lanes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Restore(float* scores, float* gradients, int keys, int lanes, float* logarithms, float* deltas)
    {
        for (int lane = 0; lane < lanes; lane += 8)
        {
            Vector256<float> logarithm = Vector256.Load(logarithms + lane);
            Vector256<float> delta = Vector256.Load(deltas + lane);
            nint index = lane;
            for (int key = 0; key < keys; key++)
            {
                Vector256<float> probability = Exponential.PowerOfTwo(Vector256.Load(scores + index) - logarithm);
                delta = Vector256.MultiplyAddEstimate(probability, Vector256.Load(gradients + index), delta);
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
            Vector256<float> delta = Vector256.Load(deltas + lane);
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
        Vector256<float> factors = Vector256.Create(factor);
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
