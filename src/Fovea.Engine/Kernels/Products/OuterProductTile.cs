using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>The steps of an <see cref="OuterProductTile"/> through its operands: lines of terms.</summary>
/// <param name="Pitch">Floats of the right operand between lines.</param>
/// <param name="Right">Floats of the right operand between terms of a line.</param>
/// <param name="Left">Floats of the left operand between terms, of which those of all lines follow each other.</param>
/// <param name="Lines">The number of lines.</param>
/// <param name="Terms">Terms of a line.</param>
internal readonly record struct OuterProductSteps(nint Pitch, nint Right, nint Left, int Lines, int Terms);

/// <summary>
/// Sums of outer products, sums[i, j] += Σ over terms of left[term, i] · right[term, j], for four rows i. The sums stay in registers over
/// all terms, and both operands are read where they lie: for results so small that turning and packing operands would take longer than to
/// multiply them.
/// </summary>
internal static unsafe class OuterProductTile
{
    /// <summary>Rows of a tile, and the fewest that sums may have.</summary>
    public const int Rows = 4;

    /// <summary>Tiles that cover <paramref name="rows"/> rows.</summary>
    public static int Tiles(int rows) => (rows + Rows - 1) / Rows;

    /// <summary>The first row of a tile: the last holds rows of the one before again, to the same bits, where it would hang over.</summary>
    public static int FirstRow(int tile, int rows) => Math.Min(tile * Rows, rows - Rows);

    /// <summary>Columns of the sums: whole vectors, at least two.</summary>
    public static int PaddedColumns(int columns) => Math.Max(16, (columns + 7) & ~7);

    /// <summary>
    /// Fetches a tile's share of the block behind one of <paramref name="floats"/> floats, while the tiles work on that one: they read
    /// blocks in steps that the processor does not foresee.
    /// </summary>
    public static void PrefetchNext(float* block, nint floats, int tile, int tiles)
    {
        for (nint ahead = floats * tile / tiles; ahead < floats * (tile + 1) / tiles; ahead += 16)
        {
            CachePrefetch.Later((byte*)(block + floats + ahead));
        }
    }

    /// <summary>
    /// Adds the terms to the sums of a tile. Reads the right operand up to the padded columns; what it finds there changes no other sum.
    /// </summary>
    /// <param name="left">The first of four neighbouring columns of the left operand.</param>
    /// <param name="right">The right operand.</param>
    /// <param name="columns">The number of <see cref="PaddedColumns"/>.</param>
    /// <param name="steps">The steps from term to term.</param>
    /// <param name="sums">The sums.</param>
    /// <param name="stride">Floats between rows of the sums.</param>
    public static void Add(float* left, float* right, int columns, in OuterProductSteps steps, float* sums, nint stride)
    {
        for (int column = 0; column < columns;)
        {
            // Three vectors, four factors and their sums fill sixteen registers; a single vector would wait for its own sums.
            if (columns - column is 16 or 32)
            {
                AddTwo(left, right + column, in steps, sums + column, stride);
                column += 16;
            }
            else
            {
                AddThree(left, right + column, in steps, sums + column, stride);
                column += 24;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwo(float* left, float* right, in OuterProductSteps steps, float* sums, nint stride)
    {
        float* row = sums;
        Vector256<float> a0 = Vector256.Load(row), a1 = Vector256.Load(row + 8);
        row += stride;
        Vector256<float> b0 = Vector256.Load(row), b1 = Vector256.Load(row + 8);
        row += stride;
        Vector256<float> c0 = Vector256.Load(row), c1 = Vector256.Load(row + 8);
        row += stride;
        Vector256<float> d0 = Vector256.Load(row), d1 = Vector256.Load(row + 8);
        nint step = steps.Right;
        nint leftStep = steps.Left;
        for (int line = 0; line < steps.Lines; line++)
        {
            float* at = right;
            for (int term = 0; term < steps.Terms; term++)
            {
                Vector256<float> x0 = Vector256.Load(at), x1 = Vector256.Load(at + 8);
                Vector256<float> factor = Vector256.Create(left[0]);
                a0 = Vector256.MultiplyAddEstimate(factor, x0, a0);
                a1 = Vector256.MultiplyAddEstimate(factor, x1, a1);
                factor = Vector256.Create(left[1]);
                b0 = Vector256.MultiplyAddEstimate(factor, x0, b0);
                b1 = Vector256.MultiplyAddEstimate(factor, x1, b1);
                factor = Vector256.Create(left[2]);
                c0 = Vector256.MultiplyAddEstimate(factor, x0, c0);
                c1 = Vector256.MultiplyAddEstimate(factor, x1, c1);
                factor = Vector256.Create(left[3]);
                d0 = Vector256.MultiplyAddEstimate(factor, x0, d0);
                d1 = Vector256.MultiplyAddEstimate(factor, x1, d1);
                at += step;
                left += leftStep;
            }

            right += steps.Pitch;
        }

        row = sums;
        a0.Store(row);
        a1.Store(row + 8);
        row += stride;
        b0.Store(row);
        b1.Store(row + 8);
        row += stride;
        c0.Store(row);
        c1.Store(row + 8);
        row += stride;
        d0.Store(row);
        d1.Store(row + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddThree(float* left, float* right, in OuterProductSteps steps, float* sums, nint stride)
    {
        float* row = sums;
        Vector256<float> a0 = Vector256.Load(row), a1 = Vector256.Load(row + 8), a2 = Vector256.Load(row + 16);
        row += stride;
        Vector256<float> b0 = Vector256.Load(row), b1 = Vector256.Load(row + 8), b2 = Vector256.Load(row + 16);
        row += stride;
        Vector256<float> c0 = Vector256.Load(row), c1 = Vector256.Load(row + 8), c2 = Vector256.Load(row + 16);
        row += stride;
        Vector256<float> d0 = Vector256.Load(row), d1 = Vector256.Load(row + 8), d2 = Vector256.Load(row + 16);
        nint step = steps.Right;
        nint leftStep = steps.Left;
        for (int line = 0; line < steps.Lines; line++)
        {
            float* at = right;
            for (int term = 0; term < steps.Terms; term++)
            {
                Vector256<float> x0 = Vector256.Load(at), x1 = Vector256.Load(at + 8), x2 = Vector256.Load(at + 16);
                Vector256<float> factor = Vector256.Create(left[0]);
                a0 = Vector256.MultiplyAddEstimate(factor, x0, a0);
                a1 = Vector256.MultiplyAddEstimate(factor, x1, a1);
                a2 = Vector256.MultiplyAddEstimate(factor, x2, a2);
                factor = Vector256.Create(left[1]);
                b0 = Vector256.MultiplyAddEstimate(factor, x0, b0);
                b1 = Vector256.MultiplyAddEstimate(factor, x1, b1);
                b2 = Vector256.MultiplyAddEstimate(factor, x2, b2);
                factor = Vector256.Create(left[2]);
                c0 = Vector256.MultiplyAddEstimate(factor, x0, c0);
                c1 = Vector256.MultiplyAddEstimate(factor, x1, c1);
                c2 = Vector256.MultiplyAddEstimate(factor, x2, c2);
                factor = Vector256.Create(left[3]);
                d0 = Vector256.MultiplyAddEstimate(factor, x0, d0);
                d1 = Vector256.MultiplyAddEstimate(factor, x1, d1);
                d2 = Vector256.MultiplyAddEstimate(factor, x2, d2);
                at += step;
                left += leftStep;
            }

            right += steps.Pitch;
        }

        row = sums;
        a0.Store(row);
        a1.Store(row + 8);
        a2.Store(row + 16);
        row += stride;
        b0.Store(row);
        b1.Store(row + 8);
        b2.Store(row + 16);
        row += stride;
        c0.Store(row);
        c1.Store(row + 8);
        c2.Store(row + 16);
        row += stride;
        d0.Store(row);
        d1.Store(row + 8);
        d2.Store(row + 16);
    }
}
