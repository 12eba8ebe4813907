using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>What is added to the scores of attention, each part null where there is none.</summary>
internal unsafe struct AttentionAddends
{
    /// <summary>A table [H, N, M], the same for every picture.</summary>
    public float* Table;

    /// <summary>Relative logits by row [B, N, H·(2·<see cref="Height"/>−1)], or null: queries and keys are the cells of one grid.</summary>
    public float* RelativeRows;

    /// <summary>Relative logits by column [B, N, H·(2·<see cref="Width"/>−1)].</summary>
    public float* RelativeColumns;

    /// <summary>Rows of the grid that relative logits are for.</summary>
    public int Height;

    /// <summary>Columns of the grid that relative logits are for.</summary>
    public int Width;

    /// <summary>A mask [G, M]: row b mod G is for picture b.</summary>
    public float* Mask;

    /// <summary>Rows of the mask, G.</summary>
    public int Groups;

    /// <summary>The addends of one query's scores against all keys; null where there are none.</summary>
    /// <param name="geometry">Sizes.</param>
    /// <param name="picture">The picture.</param>
    /// <param name="head">The head.</param>
    /// <param name="query">The query's token.</param>
    /// <param name="row">Memory of <see cref="RowFloats"/> floats, for what must be put together.</param>
    public readonly float* Of(in AttentionGeometry geometry, int picture, int head, int query, float* row)
    {
        float* table = Table == null ? null : Table + ((nint)head * geometry.Queries + query) * geometry.Keys;
        if (RelativeRows == null && Mask == null)
        {
            return table;
        }

        float* mask = Mask == null ? null : Mask + (nint)(picture % Groups) * geometry.Keys;
        if (RelativeRows == null)
        {
            Sum(mask, table, row, geometry.Keys);
            return row;
        }

        nint token = ((nint)picture * geometry.Queries + query) * geometry.Heads + head;
        float* byRow = RelativeRows + token * (2 * Height - 1) + Height - 1 - query / Width;
        float* byColumn = RelativeColumns + token * (2 * Width - 1) + Width - 1 - query % Width;
        for (int y = 0; y < Height; y++)
        {
            Shift(byColumn, byRow[y], row + y * Width, Width);
        }

        if (table != null)
        {
            Sum(row, table, row, geometry.Keys);
        }

        if (mask != null)
        {
            Sum(row, mask, row, geometry.Keys);
        }

        return row;
    }

    /// <summary>Floats of memory that a row of addends takes, with room for whole vectors behind it.</summary>
    public static nint RowFloats(in AttentionGeometry geometry) => geometry.ScoreStride + Vector256<float>.Count;

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Shift(float* source, float shift, float* target, int length)
    {
        // Whole vectors go over the end of a row: the next row, or the room behind the last, takes what is too much.
        var shifts = Vector256.Create(shift);
        for (int i = 0; i < length; i += Vector256<float>.Count)
        {
            (Vector256.Load(source + i) + shifts).Store(target + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(float* left, float* right, float* target, int length)
    {
        for (int i = 0; i < length; i += Vector256<float>.Count)
        {
            var sum = Vector256.Load(left + i);
            (right == null ? sum : sum + Vector256.Load(right + i)).Store(target + i);
        }
    }
}
