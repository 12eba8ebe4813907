namespace Fovea.Engine.Kernels;

/// <summary>
/// Multi-head attention, softmax(scale · Q·Kᵀ + bias)·V (arXiv 1706.03762, eq. 1), read and written where the tokens lie. The N×M matrix never
/// exists: the scores of a few query rows against all keys stand in cache, become exponentials, and meet the values; the sum divides last.
/// </summary>
internal static unsafe class AttentionKernel
{
    // Keys are packed again where a range of parts begins, so a part is a few tiles long.
    private const int RowsPerPart = 4 * AttentionGeometry.TileRows;

    /// <summary>Independent parts: runs of query rows of one head of one picture, a number that follows from the shapes alone.</summary>
    public static int Parts(in AttentionGeometry geometry) => geometry.Batch * geometry.Heads * PartsPerHead(geometry);

    /// <summary>Floats of scratch that one call of <see cref="Forward"/> needs.</summary>
    public static nint ScratchFloats(in AttentionGeometry geometry) =>
        RightPacking.PackedLength(geometry.Width, geometry.Keys)
        + RightPacking.PackedLength(geometry.Keys, geometry.ValueWidth)
        + AttentionGeometry.TileRows * (geometry.ScoreStride + geometry.PaddedValueWidth)
        + AttentionAddends.RowFloats(geometry);

    /// <summary>Computes parts [<paramref name="first"/>, <paramref name="last"/>) of the output.</summary>
    /// <param name="geometry">Sizes.</param>
    /// <param name="query">Queries [B, N, H·D].</param>
    /// <param name="key">Keys [B, M, H·D].</param>
    /// <param name="value">Values [B, M, H·Dv].</param>
    /// <param name="addends">What is added to the scores.</param>
    /// <param name="output">Output [B, N, H·Dv]; overlaps no operand.</param>
    /// <param name="logSumExp">Logarithm of the sum that divides each query's exponentials, [B, H, N], kept for the gradient, or null.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">Part after the last.</param>
    /// <param name="scratch">Memory of <see cref="ScratchFloats"/> floats.</param>
    public static void Forward(
        in AttentionGeometry geometry, Tokens query, Tokens key, Tokens value, in AttentionAddends addends, Tokens output, float* logSumExp,
        int first, int last, float* scratch)
    {
        float* keys = scratch;
        float* values = keys + RightPacking.PackedLength(geometry.Width, geometry.Keys);
        float* addendRow = values + RightPacking.PackedLength(geometry.Keys, geometry.ValueWidth);
        float* tile = addendRow + AttentionAddends.RowFloats(geometry);
        int perHead = PartsPerHead(geometry);
        float* sums = stackalloc float[AttentionGeometry.TileRows];
        int packed = -1;
        for (int part = first; part < last; part++)
        {
            int index = part / perHead;
            int picture = index / geometry.Heads;
            int head = index % geometry.Heads;
            if (index != packed)
            {
                nint token = (nint)picture * geometry.Keys;
                PackTransposed(key.At(token, head * geometry.Width), key.Stride, geometry.Keys, geometry.Width, keys);
                Pack(value.At(token, head * geometry.ValueWidth), value.Stride, geometry.Keys, geometry.ValueWidth, values);
                packed = index;
            }
            int firstRow = part % perHead * RowsPerPart;
            int lastRow = Math.Min(firstRow + RowsPerPart, geometry.Queries);
            for (int row = firstRow; row < lastRow; row += AttentionGeometry.TileRows)
            {
                nint token = (nint)picture * geometry.Queries + row;
                int rows = Math.Min(AttentionGeometry.TileRows, lastRow - row);
                AttentionTile.Multiply(
                    query.At(token, head * geometry.Width), query.Stride, rows, keys, geometry.Width, geometry.Keys, tile, geometry.ScoreStride, resume: false);
                for (int i = 0; i < rows; i++)
                {
                    float* addend = addends.Of(geometry, picture, head, row + i, addendRow);
                    var (sum, maximum) = AttentionTile.Exponentiate(tile + i * (nint)geometry.ScoreStride, addend, geometry.Keys, geometry.Scale);
                    sums[i] = sum;
                    if (logSumExp != null)
                    {
                        logSumExp[(nint)index * geometry.Queries + row + i] = maximum + MathF.Log(sum);
                    }
                }
                Finish(geometry, rows, tile, sums, values, output.At(token, head * geometry.ValueWidth), output.Stride);
            }
        }
    }

    /// <summary>Packs rows [tokens, width] as the right operand of a product over the width: the operand is their transpose.</summary>
    public static void PackTransposed(float* rows, nint stride, int tokens, int width, float* packed) =>
        RightPacking.Pack(rows, 1, stride, width, tokens, packed, 0, RightPacking.Panels(tokens));

    /// <summary>Packs rows [tokens, width] as the right operand of a product over the tokens.</summary>
    public static void Pack(float* rows, nint stride, int tokens, int width, float* packed) =>
        RightPacking.Pack(rows, stride, 1, tokens, width, packed, 0, RightPacking.Panels(width));

    private static int PartsPerHead(in AttentionGeometry geometry) => (geometry.Queries + RowsPerPart - 1) / RowsPerPart;

    // The exponentials of a tile meet the values; each row is divided by its sum.
    private static void Finish(in AttentionGeometry geometry, int rows, float* scores, float* sums, float* values, float* output, nint outputStride)
    {
        nint resultStride = geometry.PaddedValueWidth;
        float* result = scores + AttentionGeometry.TileRows * (nint)geometry.ScoreStride;
        AttentionTile.Multiply(scores, geometry.ScoreStride, rows, values, geometry.Keys, geometry.ValueWidth, result, resultStride, resume: false);
        for (int row = 0; row < rows; row++)
        {
            AttentionTile.Scale(result + row * resultStride, output + row * outputStride, geometry.ValueWidth, 1 / sums[row]);
        }
    }
}
