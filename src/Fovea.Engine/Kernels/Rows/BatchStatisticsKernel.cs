using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Mean and biased variance of every column of a matrix. Short blocks of rows are summed in two passes, relative to the first row of their
/// chunk so that a mean far from 0 costs no accuracy, and combined by the formula of Chan, Golub and LeVeque (1979).
/// </summary>
internal static unsafe class BatchStatisticsKernel
{
    private const int MaxChunks = 64;
    private const int MinChunkRows = 64;
    private const int BlockFloats = 4096;
    private const int MinBlockRows = 8;
    private const int MaxBlockRows = 32;

    // Narrower rows are summed in registers: sums in memory would wait for those of the row before. Wider ones do not fit the stack.
    private const int MinWideColumns = 64;
    private const int MaxWideColumns = 8192;

    /// <summary>Independent parts of <see cref="Partials"/>: at most 64 chunks of rows.</summary>
    public static int Parts(int rows) => Math.Clamp(rows / MinChunkRows, 1, MaxChunks);

    /// <summary>
    /// Floats of the partials: for each chunk its first row, the mean's distance from it and the sum of squared deviations.
    /// </summary>
    public static nint PartialFloats(int rows, int columns) => (nint)Parts(rows) * 3 * columns;

    /// <summary>Computes the partials of parts [first, last) from x [rows, columns].</summary>
    public static void Partials(float* x, float* partials, int rows, int columns, int first, int last)
    {
        int chunks = Parts(rows);
        int blockRows = Math.Clamp(BlockFloats / columns, MinBlockRows, MaxBlockRows);
        float* sums = stackalloc float[IsWide(columns) ? columns + 8 : 0];
        for (int chunk = first; chunk < last; chunk++)
        {
            int start = FirstRow(chunk, chunks, rows);
            int end = FirstRow(chunk + 1, chunks, rows);
            float* shift = partials + (nint)chunk * 3 * columns;
            new ReadOnlySpan<float>(x + (nint)start * columns, columns).CopyTo(new Span<float>(shift, columns));
            new Span<float>(shift + columns, 2 * columns).Clear();
            for (int row = start; row < end; row += blockRows)
            {
                AddBlock(x + (nint)row * columns, Math.Min(blockRows, end - row), row - start, shift, columns, sums);
            }
        }
    }

    /// <summary>Merges the partials, chunk after chunk, to mean and variance, [columns] each.</summary>
    public static void Merge(float* partials, float* mean, float* variance, int rows, int columns)
    {
        int chunks = Parts(rows);
        for (int column = 0; column < columns; column++)
        {
            double center = 0;
            double squares = 0;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                float* partial = partials + (nint)chunk * 3 * columns + column;
                double before = FirstRow(chunk, chunks, rows);
                double total = FirstRow(chunk + 1, chunks, rows);
                double distance = (double)partial[0] + partial[columns] - center;
                double share = (total - before) / total;
                center += distance * share;
                squares += partial[2 * columns] + distance * distance * before * share;
            }

            mean[column] = (float)center;
            variance[column] = (float)(squares / rows);
        }
    }

    private static int FirstRow(int chunk, int chunks, int rows) => (int)((long)rows * chunk / chunks);

    private static bool IsWide(int columns) => columns is >= MinWideColumns and <= MaxWideColumns;

    // The sums of wide rows read memory in its order and leave the block in a near cache for the squares.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBlock(float* x, int rows, int rowsBefore, float* shift, int columns, float* sums)
    {
        float* mean = shift + columns;
        float* squares = mean + columns;
        float share = (float)rows / (rowsBefore + rows);
        float weight = share * rowsBefore;
        bool wide = IsWide(columns);
        if (wide)
        {
            AddRows(x, rows, shift, columns, sums);
        }

        for (int column = 0; column < columns; column += 8)
        {
            Vector256<float> start = Vector256.Load(shift + column);
            Vector256<float> sum = wide ? Vector256.Load(sums + column) : Sum(x + column, rows, columns, start);
            Vector256<float> blockMean = sum / Vector256.Create((float)rows);
            Vector256<float> blockSquares = SumOfSquares(x + column, rows, columns, start, blockMean);
            Vector256<float> oldMean = Vector256.Load(mean + column);
            Vector256<float> distance = blockMean - oldMean;
            Vector256<float> newMean = Vector256.MultiplyAddEstimate(distance, Vector256.Create(share), oldMean);
            Vector256<float> newSquares = Vector256.MultiplyAddEstimate(
                distance * distance, Vector256.Create(weight), Vector256.Load(squares + column) + blockSquares);
            if (column <= columns - 8)
            {
                newMean.Store(mean + column);
                newSquares.Store(squares + column);
            }
            else
            {
                MaskedVector.Store(newMean, mean + column, columns - column);
                MaskedVector.Store(newSquares, squares + column, columns - column);
            }
        }
    }

    // The sums of the rows, relative to the first row of the chunk.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows(float* x, int rows, float* shift, int columns, float* sums)
    {
        for (int column = 0; column < columns; column += 8)
        {
            (Vector256.Load(x + column) - Vector256.Load(shift + column)).Store(sums + column);
        }

        for (int row = 1; row < rows; row++)
        {
            x += columns;
            int column = 0;
            for (; column <= columns - 32; column += 32)
            {
                Vector256<float> sum0 = Vector256.Load(sums + column) + (Vector256.Load(x + column) - Vector256.Load(shift + column));
                Vector256<float> sum1 =
                    Vector256.Load(sums + column + 8) + (Vector256.Load(x + column + 8) - Vector256.Load(shift + column + 8));
                Vector256<float> sum2 =
                    Vector256.Load(sums + column + 16) + (Vector256.Load(x + column + 16) - Vector256.Load(shift + column + 16));
                Vector256<float> sum3 =
                    Vector256.Load(sums + column + 24) + (Vector256.Load(x + column + 24) - Vector256.Load(shift + column + 24));
                sum0.Store(sums + column);
                sum1.Store(sums + column + 8);
                sum2.Store(sums + column + 16);
                sum3.Store(sums + column + 24);
            }

            for (; column < columns; column += 8)
            {
                (Vector256.Load(sums + column) + (Vector256.Load(x + column) - Vector256.Load(shift + column))).Store(sums + column);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Sum(float* x, int rows, int columns, Vector256<float> start)
    {
        Vector256<float> even = Vector256<float>.Zero;
        Vector256<float> odd = Vector256<float>.Zero;
        int row = 0;
        for (; row <= rows - 2; row += 2)
        {
            even += Vector256.Load(x) - start;
            odd += Vector256.Load(x + columns) - start;
            x += 2 * (nint)columns;
        }

        return row < rows ? even + odd + (Vector256.Load(x) - start) : even + odd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SumOfSquares(float* x, int rows, int columns, Vector256<float> start, Vector256<float> mean)
    {
        Vector256<float> even = Vector256<float>.Zero;
        Vector256<float> odd = Vector256<float>.Zero;
        int row = 0;
        for (; row <= rows - 2; row += 2)
        {
            Vector256<float> deviation = Vector256.Load(x) - start - mean;
            even = Vector256.MultiplyAddEstimate(deviation, deviation, even);
            deviation = Vector256.Load(x + columns) - start - mean;
            odd = Vector256.MultiplyAddEstimate(deviation, deviation, odd);
            x += 2 * (nint)columns;
        }

        Vector256<float> sum = even + odd;
        if (row < rows)
        {
            Vector256<float> deviation = Vector256.Load(x) - start - mean;
            sum = Vector256.MultiplyAddEstimate(deviation, deviation, sum);
        }

        return sum;
    }
}
