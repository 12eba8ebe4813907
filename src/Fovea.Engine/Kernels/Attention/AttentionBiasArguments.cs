using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>The bias of attention scores, each part null where there is none.</summary>
internal unsafe struct AttentionBiasArguments
{
    // Relative logits are put together for as many queries at a time as a square of the transposition has rows.
    private const int RowsTogether = 8;

    /// <summary>A table [H, N, M], the same for every image, as <see cref="PackedBiasTable"/> packs it.</summary>
    public float* Table;

    /// <summary>
    /// Relative logits by row [B, N, H·(2·<see cref="Height"/>−1)], or null: queries and keys are the cells of one grid.
    /// </summary>
    public float* RelativeRows;

    /// <summary>Relative logits by column [B, N, H·(2·<see cref="Width"/>−1)].</summary>
    public float* RelativeColumns;

    /// <summary>Rows of the grid that relative logits are for.</summary>
    public int Height;

    /// <summary>Columns of the grid that relative logits are for.</summary>
    public int Width;

    /// <summary>A mask [G, M]: row b mod G is for image b.</summary>
    public float* Mask;

    /// <summary>Rows of the mask, G.</summary>
    public int Groups;

    /// <summary>The bias of a strip of queries against all keys, keys × lanes, as binary exponents.</summary>
    /// <param name="geometry">Sizes.</param>
    /// <param name="image">The image.</param>
    /// <param name="head">The head.</param>
    /// <param name="index">The strip.</param>
    /// <param name="panel">Memory of <see cref="AttentionGeometry.ScoreFloats"/> floats, for what must be put together.</param>
    /// <param name="rows">Memory of <see cref="RowFloats"/> floats.</param>
    /// <param name="zeros">A row of zeros, which is the answer where nothing is added.</param>
    public readonly StridedRows Of(in AttentionGeometry geometry, int image, int head, int index, float* panel, float* rows, float* zeros)
    {
        (int First, int Count, int Lanes) strip = geometry.Strip(index);
        float* table = Table == null ? null : Table + PackedBiasTable.Panel(geometry, head, index);
        if (RelativeRows == null && Mask == null)
        {
            return table == null ? new StridedRows(zeros, 0) : new StridedRows(table, strip.Lanes);
        }

        if (RelativeRows != null)
        {
            for (int row = 0; row < strip.Count; row += RowsTogether)
            {
                Relative(geometry, image, head, strip.First + row, Math.Min(RowsTogether, strip.Count - row), rows);

                // Whole squares: lanes past the last query and keys past the last are never used.
                TransposeKernel.Transpose(rows, RowStride(geometry), RowsTogether, RowStride(geometry), panel + row, strip.Lanes);
            }
        }

        float* mask = Mask == null ? null : Mask + (nint)(image % Groups) * geometry.Keys;
        Combine(panel, RelativeRows != null, table, mask, geometry.Keys, strip.Lanes);
        return new StridedRows(panel, strip.Lanes);
    }

    /// <summary>Floats of memory for rows of relative logits, with room for whole vectors behind them.</summary>
    public static nint RowFloats(in AttentionGeometry geometry) => RowsTogether * RowStride(geometry) + Vector256<float>.Count;

    /// <summary>Spreads the gradient of one query's scores over its relative logits, which are overwritten.</summary>
    /// <param name="scores">Gradient of the scores against all keys.</param>
    /// <param name="query">The query's token.</param>
    /// <param name="byRow">Gradient of its logits by row, 2·<see cref="Height"/>−1.</param>
    /// <param name="byColumn">Gradient of its logits by column, 2·<see cref="Width"/>−1.</param>
    public readonly void RelativeGradient(float* scores, int query, float* byRow, float* byColumn)
    {
        new Span<float>(byRow, 2 * Height - 1).Clear();
        new Span<float>(byColumn, 2 * Width - 1).Clear();
        byRow += Height - 1 - query / Width;
        byColumn += Width - 1 - query % Width;
        for (int y = 0; y < Height; y++)
        {
            float sum = 0;
            for (int x = 0; x < Width; x++)
            {
                float score = scores[y * Width + x];
                sum += score;
                byColumn[x] += score;
            }
            byRow[y] = sum;
        }
    }

    private static int RowStride(in AttentionGeometry geometry) => geometry.Keys + 7 & ~7;

    private readonly void Relative(in AttentionGeometry geometry, int image, int head, int firstQuery, int count, float* rows)
    {
        for (int query = firstQuery; query < firstQuery + count; query++)
        {
            nint token = ((nint)image * geometry.Queries + query) * geometry.Heads + head;
            float* byRow = RelativeRows + token * (2 * Height - 1) + Height - 1 - query / Width;
            float* byColumn = RelativeColumns + token * (2 * Width - 1) + Width - 1 - query % Width;
            for (int y = 0; y < Height; y++)
            {
                Shift(byColumn, byRow[y], rows + y * Width, Width);
            }

            rows += RowStride(geometry);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Shift(float* source, float shift, float* target, int length)
    {
        // Whole vectors go over the end of a row: the next row, or the room behind the last, takes what is too much.
        Vector256<float> shifts = Vector256.Create(shift);
        for (int i = 0; i < length; i += Vector256<float>.Count)
        {
            (Vector256.Load(source + i) + shifts).Store(target + i);
        }
    }

    // panel = (panel, where it holds relative logits, + mask) · log₂ e + table, which is in binary exponents already.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(float* panel, bool relative, float* table, float* mask, int keys, int lanes)
    {
        Vector256<float> factor = Vector256.Create(Exponential.BinaryPerNatural);
        for (int key = 0; key < keys; key++)
        {
            Vector256<float> masked = Vector256.Create(mask == null ? 0 : mask[key]);
            for (nint lane = (nint)key * lanes, end = lane + lanes; lane < end; lane += Vector256<float>.Count)
            {
                Vector256<float> natural = relative ? masked + Vector256.Load(panel + lane) : masked;
                Vector256<float> known = table == null ? Vector256<float>.Zero : Vector256.Load(table + lane);
                Vector256.MultiplyAddEstimate(natural, factor, known).Store(panel + lane);
            }
        }
    }
}
