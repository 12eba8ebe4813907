using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>Softmax of the rows of a matrix and its gradient.</summary>
internal static unsafe class SoftmaxKernel
{
    private const int FloatsPerPart = 8 * 1024;

    /// <summary>Independent parts of <see cref="Forward"/> and <see cref="Gradient"/>: blocks of rows.</summary>
    public static int Parts(int rows, int columns) => (rows + RowsPerPart(columns) - 1) / RowsPerPart(columns);

    /// <summary>
    /// Computes parts [first, last) of y = softmax(x), both [rows, columns]; <paramref name="y"/> may be <paramref name="x"/>.
    /// </summary>
    public static void Forward(float* x, float* y, int rows, int columns, int first, int last)
    {
        int end = (int)Math.Min((long)last * RowsPerPart(columns), rows);
        for (int row = first * RowsPerPart(columns); row < end; row++)
        {
            nint start = (nint)row * columns;
            float sum = Exponentials(x + start, Largest(x + start, columns), y + start, columns);
            Scale(y + start, 1 / sum, columns);
        }
    }

    /// <summary>Computes parts [first, last) of y = log softmax(x), both [rows, columns], which must not overlap.</summary>
    public static void LogForward(float* x, float* y, int rows, int columns, int first, int last)
    {
        int end = (int)Math.Min((long)last * RowsPerPart(columns), rows);
        for (int row = first * RowsPerPart(columns); row < end; row++)
        {
            nint start = (nint)row * columns;
            float largest = Largest(x + start, columns);
            float sum = Exponentials(x + start, largest, y + start, columns);
            SubtractTwice(x + start, largest, MathF.Log(sum), y + start, columns);
        }
    }

    /// <summary>
    /// Computes parts [first, last) of dx = y·(dy − Σ y·dy), all [rows, columns]; <paramref name="inputGradient"/> may be
    /// <paramref name="outputGradient"/> or <paramref name="y"/>.
    /// </summary>
    public static void Gradient(float* y, float* outputGradient, float* inputGradient, int rows, int columns, int first, int last)
    {
        int end = (int)Math.Min((long)last * RowsPerPart(columns), rows);
        for (int row = first * RowsPerPart(columns); row < end; row++)
        {
            nint start = (nint)row * columns;
            RowGradient(y + start, outputGradient + start, inputGradient + start, columns);
        }
    }

    /// <summary>The largest of the values of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Largest(float* row, int columns)
    {
        Vector256<float> largest = Vector256.Create(float.NegativeInfinity);
        int column = 0;
        for (; column <= columns - 8; column += 8)
        {
            largest = Vector256.MaxNative(largest, Vector256.Load(row + column));
        }

        if (column < columns)
        {
            largest = Vector256.MaxNative(largest, MaskedVector.Load(row + column, columns - column, float.NegativeInfinity));
        }

        Vector128<float> four = Vector128.MaxNative(largest.GetLower(), largest.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    /// <summary>Writes exp(x − shift) of a row, which may be done in place, and gives their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Exponentials(float* row, float shift, float* target, int columns)
    {
        Vector256<float> shifts = Vector256.Create(shift);
        Vector256<float> sum = Vector256<float>.Zero;
        int column = 0;
        for (; column <= columns - 8; column += 8)
        {
            Vector256<float> power = VectorMath.Exp(Vector256.Load(row + column) - shifts);
            power.Store(target + column);
            sum += power;
        }

        if (column < columns)
        {
            Vector256<float> power = VectorMath.Exp(Vector256.Load(row + column) - shifts) & MaskedVector.Mask(columns - column);
            MaskedVector.Store(power, target + column, columns - column);
            sum += power;
        }

        return Vector256.Sum(sum);
    }

    // One after the other: the largest logit may be so large that the logarithm beside it would be rounded away.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractTwice(float* row, float first, float second, float* target, int columns)
    {
        Vector256<float> firsts = Vector256.Create(first);
        Vector256<float> seconds = Vector256.Create(second);
        int column = 0;
        for (; column <= columns - 8; column += 8)
        {
            (Vector256.Load(row + column) - firsts - seconds).Store(target + column);
        }

        for (; column < columns; column++)
        {
            target[column] = row[column] - first - second;
        }
    }

    private static int RowsPerPart(int columns) => Math.Max(FloatsPerPart / columns, 1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float* row, float scale, int columns)
    {
        Vector256<float> scales = Vector256.Create(scale);
        int column = 0;
        for (; column <= columns - 8; column += 8)
        {
            (Vector256.Load(row + column) * scales).Store(row + column);
        }

        for (; column < columns; column++)
        {
            row[column] *= scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowGradient(float* y, float* outputGradient, float* inputGradient, int columns)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        int column = 0;
        for (; column <= columns - 8; column += 8)
        {
            sum = Vector256.MultiplyAddEstimate(Vector256.Load(y + column), Vector256.Load(outputGradient + column), sum);
        }

        if (column < columns)
        {
            Vector256<float> mask = MaskedVector.Mask(columns - column);
            sum = Vector256.MultiplyAddEstimate(Vector256.Load(y + column) & mask, Vector256.Load(outputGradient + column) & mask, sum);
        }

        Vector256<float> total = Vector256.Create(Vector256.Sum(sum));
        for (column = 0; column <= columns - 8; column += 8)
        {
            (Vector256.Load(y + column) * (Vector256.Load(outputGradient + column) - total)).Store(inputGradient + column);
        }

        if (column < columns)
        {
            Vector256<float> gradient = Vector256.Load(y + column) * (Vector256.Load(outputGradient + column) - total);
            MaskedVector.Store(gradient, inputGradient + column, columns - column);
        }
    }
}
