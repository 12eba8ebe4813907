using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Layer normalisation of the rows of a matrix (arXiv 1607.06450) and its gradient. The variance is summed from the deviations, in a second
/// pass over the row, which the first has left in L1.
/// </summary>
internal static unsafe class LayerNormKernel
{
    private const int FloatsPerPart = 16 * 1024;
    private const int MaxChunks = 32;
    private const int MinChunkRows = 16;

    /// <summary>Independent parts of <see cref="Forward"/>: blocks of rows.</summary>
    public static int Parts(int rows, int columns) => (rows + RowsPerPart(columns) - 1) / RowsPerPart(columns);

    /// <summary>
    /// Computes parts [first, last) of y = (x − mean) / √(variance + ε) · weight + bias, row by row.
    /// </summary>
    /// <param name="x">[rows, columns].</param>
    /// <param name="weight">[columns].</param>
    /// <param name="bias">[columns].</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="y">The result, [rows, columns]; may be <paramref name="x"/>.</param>
    /// <param name="mean">The mean of each row, [rows], or null.</param>
    /// <param name="reciprocalDeviation">1/√(variance + ε) of each row, [rows], or null.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">One past the last part.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(
        float* x, float* weight, float* bias, float epsilon, float* y, float* mean, float* reciprocalDeviation,
        int rows, int columns, int first, int last)
    {
        int end = (int)Math.Min((long)last * RowsPerPart(columns), rows);
        for (int row = first * RowsPerPart(columns); row < end; row++)
        {
            float* source = x + (nint)row * columns;
            float center = Sum(source, columns) / columns;
            float scale = 1 / MathF.Sqrt(SumOfSquaredDeviations(source, columns, center) / columns + epsilon);
            Normalize(source, weight, bias, center, scale, y + (nint)row * columns, columns);
            if (mean != null)
            {
                mean[row] = center;
            }

            if (reciprocalDeviation != null)
            {
                reciprocalDeviation[row] = scale;
            }
        }
    }

    /// <summary>Independent parts of <see cref="Gradient"/>: at most 32 chunks of rows.</summary>
    public static int GradientParts(int rows) => Math.Clamp(rows / MinChunkRows, 1, MaxChunks);

    /// <summary>Floats of the partials that <see cref="Gradient"/> leaves for <see cref="MergeGradient"/>.</summary>
    public static nint PartialFloats(int rows, int columns) => (nint)GradientParts(rows) * 2 * columns;

    /// <summary>
    /// Computes parts [first, last): the rows of dx = r·(g − mean(g) − x̂·mean(g·x̂)), where g = dy·weight and
    /// x̂ = (x − mean)·r, and partial sums over the rows of dy·x̂ and dy.
    /// </summary>
    /// <param name="x">The input of the normalisation, [rows, columns].</param>
    /// <param name="weight">[columns].</param>
    /// <param name="mean">The mean of each row, [rows].</param>
    /// <param name="reciprocalDeviation">r of each row, [rows].</param>
    /// <param name="outputGradient">dy, [rows, columns].</param>
    /// <param name="inputGradient">
    /// dx, [rows, columns] (overwritten); may be <paramref name="outputGradient"/> or <paramref name="x"/>.
    /// </param>
    /// <param name="partials"><see cref="PartialFloats"/> floats (overwritten).</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">One past the last part.</param>
    public static void Gradient(
        float* x, float* weight, float* mean, float* reciprocalDeviation, float* outputGradient, float* inputGradient, float* partials,
        int rows, int columns, int first, int last)
    {
        int chunks = GradientParts(rows);
        for (int chunk = first; chunk < last; chunk++)
        {
            float* partial = partials + (nint)chunk * 2 * columns;
            new Span<float>(partial, 2 * columns).Clear();
            int end = (int)((long)rows * (chunk + 1) / chunks);
            for (int row = (int)((long)rows * chunk / chunks); row < end; row++)
            {
                nint start = (nint)row * columns;
                RowGradient(
                    x + start, weight, mean[row], reciprocalDeviation[row], outputGradient + start, inputGradient + start,
                    partial, partial + columns, columns);
            }
        }
    }

    /// <summary>Sums the partials, chunk after chunk, to the gradients of weight and bias, [columns] each (overwritten).</summary>
    public static void MergeGradient(float* partials, float* weightGradient, float* biasGradient, int rows, int columns)
    {
        int chunks = GradientParts(rows);
        for (int column = 0; column < columns; column++)
        {
            double weightSum = 0;
            double biasSum = 0;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                float* partial = partials + (nint)chunk * 2 * columns + column;
                weightSum += partial[0];
                biasSum += partial[columns];
            }

            weightGradient[column] = (float)weightSum;
            biasGradient[column] = (float)biasSum;
        }
    }

    private static int RowsPerPart(int columns) => Math.Max(FloatsPerPart / columns, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(float* source, int columns)
    {
        Vector256<float> even = Vector256<float>.Zero;
        Vector256<float> odd = Vector256<float>.Zero;
        int column = 0;
        for (; column <= columns - 16; column += 16)
        {
            even += Vector256.Load(source + column);
            odd += Vector256.Load(source + column + 8);
        }

        if (column <= columns - 8)
        {
            even += Vector256.Load(source + column);
            column += 8;
        }

        if (column < columns)
        {
            odd += MaskedVector.Load(source + column, columns - column);
        }

        return Vector256.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float SumOfSquaredDeviations(float* source, int columns, float center)
    {
        Vector256<float> centers = Vector256.Create(center);
        Vector256<float> even = Vector256<float>.Zero;
        Vector256<float> odd = Vector256<float>.Zero;
        int column = 0;
        for (; column <= columns - 16; column += 16)
        {
            Vector256<float> deviation = Vector256.Load(source + column) - centers;
            even = Vector256.MultiplyAddEstimate(deviation, deviation, even);
            deviation = Vector256.Load(source + column + 8) - centers;
            odd = Vector256.MultiplyAddEstimate(deviation, deviation, odd);
        }

        if (column <= columns - 8)
        {
            Vector256<float> deviation = Vector256.Load(source + column) - centers;
            even = Vector256.MultiplyAddEstimate(deviation, deviation, even);
            column += 8;
        }

        if (column < columns)
        {
            Vector256<float> deviation = (Vector256.Load(source + column) - centers) & MaskedVector.Mask(columns - column);
            odd = Vector256.MultiplyAddEstimate(deviation, deviation, odd);
        }

        return Vector256.Sum(even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Normalize(float* source, float* weight, float* bias, float center, float scale, float* target, int columns)
    {
        Vector256<float> centers = Vector256.Create(center);
        Vector256<float> scales = Vector256.Create(scale);
        int column = 0;
        for (; column <= columns - 8; column += 8)
        {
            Vector256<float> normalized = (Vector256.Load(source + column) - centers) * scales;
            Vector256.MultiplyAddEstimate(
                normalized, Vector256.Load(weight + column), Vector256.Load(bias + column)).Store(target + column);
        }

        if (column < columns)
        {
            Vector256<float> normalized = (Vector256.Load(source + column) - centers) * scales;
            Vector256<float> value = Vector256.MultiplyAddEstimate(
                normalized, Vector256.Load(weight + column), Vector256.Load(bias + column));
            MaskedVector.Store(value, target + column, columns - column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowGradient(
        float* x, float* weight, float mean, float scale, float* outputGradient, float* inputGradient,
        float* weightSums, float* biasSums, int columns)
    {
        Vector256<float> centers = Vector256.Create(mean);
        Vector256<float> scales = Vector256.Create(scale);
        Vector256<float> sum = Vector256<float>.Zero;
        Vector256<float> product = Vector256<float>.Zero;
        int whole = columns & ~7;
        for (int column = 0; column < whole; column += 8)
        {
            Vector256<float> gradient = Vector256.Load(outputGradient + column) * Vector256.Load(weight + column);
            sum += gradient;
            product = Vector256.MultiplyAddEstimate(gradient, (Vector256.Load(x + column) - centers) * scales, product);
        }

        Vector256<float> mask = MaskedVector.Mask(columns - whole);
        if (whole < columns)
        {
            Vector256<float> gradient = (Vector256.Load(outputGradient + whole) * Vector256.Load(weight + whole)) & mask;
            sum += gradient;
            product = Vector256.MultiplyAddEstimate(gradient, ((Vector256.Load(x + whole) - centers) * scales) & mask, product);
        }

        Vector256<float> meanGradient = Vector256.Create(Vector256.Sum(sum) / columns);
        Vector256<float> meanProduct = Vector256.Create(Vector256.Sum(product) / columns);
        for (int column = 0; column < whole; column += 8)
        {
            Vector256<float> normalized = (Vector256.Load(x + column) - centers) * scales;
            Vector256<float> gradient = Vector256.Load(outputGradient + column);
            Vector256.MultiplyAddEstimate(gradient, normalized, Vector256.Load(weightSums + column)).Store(weightSums + column);
            (Vector256.Load(biasSums + column) + gradient).Store(biasSums + column);
            Vector256<float> rest = Vector256.MultiplyAddEstimate(gradient, Vector256.Load(weight + column), -meanGradient);
            (Vector256.MultiplyAddEstimate(-normalized, meanProduct, rest) * scales).Store(inputGradient + column);
        }

        if (whole < columns)
        {
            int count = columns - whole;
            Vector256<float> normalized = (Vector256.Load(x + whole) - centers) * scales;
            Vector256<float> gradient = Vector256.Load(outputGradient + whole);
            Vector256<float> weightSum = Vector256.MultiplyAddEstimate(gradient, normalized, Vector256.Load(weightSums + whole));
            MaskedVector.Store(weightSum, weightSums + whole, count);
            MaskedVector.Store(Vector256.Load(biasSums + whole) + gradient, biasSums + whole, count);
            Vector256<float> rest = Vector256.MultiplyAddEstimate(gradient, Vector256.Load(weight + whole), -meanGradient);
            MaskedVector.Store(Vector256.MultiplyAddEstimate(-normalized, meanProduct, rest) * scales, inputGradient + whole, count);
        }
    }
}
