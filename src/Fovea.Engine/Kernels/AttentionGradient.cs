namespace Fovea.Engine.Kernels;

/// <summary>
/// The gradient of <see cref="AttentionKernel"/>. Probabilities are computed again, tile by tile, from the kept logarithms of the sums
/// (as in arXiv 2205.14135, algorithm 4). One head of one picture is one part: it alone writes its slices of the gradients.
/// </summary>
internal static unsafe class AttentionGradient
{
    private const int Rows = AttentionGeometry.TileRows;

    /// <summary>Everything the gradient reads and writes.</summary>
    public struct Operands
    {
        /// <summary>Queries [B, N, H·D].</summary>
        public Tokens Query;

        /// <summary>Keys [B, M, H·D].</summary>
        public Tokens Key;

        /// <summary>Values [B, M, H·Dv].</summary>
        public Tokens Value;

        /// <summary>What the forward pass added to the scores.</summary>
        public AttentionAddends Addends;

        /// <summary>The forward pass's logarithms of the sums [B, H, N].</summary>
        public float* LogSumExp;

        /// <summary>Gradient of the output [B, N, H·Dv].</summary>
        public Tokens OutputGradient;

        /// <summary>Gradient of the queries [B, N, H·D], overwritten.</summary>
        public Tokens QueryGradient;

        /// <summary>Gradient of the keys [B, M, H·D], overwritten.</summary>
        public Tokens KeyGradient;

        /// <summary>Gradient of the values [B, M, H·Dv], overwritten.</summary>
        public Tokens ValueGradient;

        /// <summary>Gradient of the scores before the softmax [B, H, N, M], overwritten, or null; its sum over the batch is the gradient of the table.</summary>
        public float* ScoreGradient;

        /// <summary>Gradient of the relative logits by row, overwritten, or null.</summary>
        public float* RelativeRowsGradient;

        /// <summary>Gradient of the relative logits by column, overwritten, or null.</summary>
        public float* RelativeColumnsGradient;
    }

    /// <summary>Independent parts: heads of all pictures.</summary>
    public static int Parts(in AttentionGeometry geometry) => geometry.Batch * geometry.Heads;

    /// <summary>Floats of scratch that one call of <see cref="Run"/> needs.</summary>
    public static nint ScratchFloats(in AttentionGeometry geometry) => new Scratch(geometry, null).Floats;

    /// <summary>Computes parts [<paramref name="first"/>, <paramref name="last"/>) of all gradients.</summary>
    public static void Run(in AttentionGeometry geometry, in Operands operands, int first, int last, float* scratch)
    {
        var memory = new Scratch(geometry, scratch);
        for (int part = first; part < last; part++)
        {
            Head(geometry, operands, part / geometry.Heads, part % geometry.Heads, memory);
        }
    }

    private static void Head(in AttentionGeometry geometry, in Operands operands, int picture, int head, in Scratch memory)
    {
        nint channel = (nint)head * geometry.Width;
        nint valueChannel = (nint)head * geometry.ValueWidth;
        nint firstKey = (nint)picture * geometry.Keys;
        float* key = operands.Key.At(firstKey, channel);
        AttentionKernel.PackTransposed(key, operands.Key.Stride, geometry.Keys, geometry.Width, memory.KeysTransposed);
        AttentionKernel.Pack(key, operands.Key.Stride, geometry.Keys, geometry.Width, memory.Keys);
        AttentionKernel.PackTransposed(
            operands.Value.At(firstKey, valueChannel), operands.Value.Stride, geometry.Keys, geometry.ValueWidth, memory.ValuesTransposed);
        for (int row = 0; row < geometry.Queries; row += Rows)
        {
            Tile(geometry, operands, picture, head, row, Math.Min(Rows, geometry.Queries - row), memory);
        }
        for (int token = 0; token < geometry.Keys; token++)
        {
            AttentionTile.Scale(
                memory.KeyGradient + token * (nint)geometry.PaddedWidth, operands.KeyGradient.At(firstKey + token, channel), geometry.Width, geometry.Scale);
            AttentionTile.Scale(
                memory.ValueGradient + token * (nint)geometry.PaddedValueWidth, operands.ValueGradient.At(firstKey + token, valueChannel),
                geometry.ValueWidth, 1);
        }
    }

    private static void Tile(in AttentionGeometry geometry, in Operands operands, int picture, int head, int firstRow, int rows, in Scratch memory)
    {
        int keys = geometry.Keys;
        nint stride = geometry.ScoreStride;
        nint channel = (nint)head * geometry.Width;
        nint valueChannel = (nint)head * geometry.ValueWidth;
        nint token = (nint)picture * geometry.Queries + firstRow;
        nint score = ((nint)picture * geometry.Heads + head) * geometry.Queries + firstRow;
        float* query = operands.Query.At(token, channel);
        float* outputGradient = operands.OutputGradient.At(token, valueChannel);
        bool resume = firstRow > 0;

        AttentionTile.Multiply(
            query, operands.Query.Stride, rows, memory.KeysTransposed, geometry.Width, keys, memory.Probabilities, stride, resume: false);
        AttentionTile.Multiply(
            outputGradient, operands.OutputGradient.Stride, rows, memory.ValuesTransposed, geometry.ValueWidth, keys, memory.Gradients, stride, resume: false);
        for (int row = 0; row < rows; row++)
        {
            float* probabilities = memory.Probabilities + row * stride;
            float* gradients = memory.Gradients + row * stride;
            float* addend = operands.Addends.Of(geometry, picture, head, firstRow + row, memory.Addend);
            AttentionTile.Restore(probabilities, addend, keys, geometry.Scale, operands.LogSumExp[score + row]);
            float delta = AttentionTile.Dot(probabilities, gradients, keys);
            AttentionTile.ScoreGradient(gradients, probabilities, keys, delta);
            if (operands.ScoreGradient != null)
            {
                AttentionTile.Scale(gradients, operands.ScoreGradient + (score + row) * keys, keys, 1);
            }
            if (operands.RelativeRowsGradient != null)
            {
                nint logits = (token + row) * geometry.Heads + head;
                operands.Addends.RelativeGradient(
                    gradients, firstRow + row, operands.RelativeRowsGradient + logits * (2 * operands.Addends.Height - 1),
                    operands.RelativeColumnsGradient + logits * (2 * operands.Addends.Width - 1));
            }
        }

        AccumulateTransposed(
            memory.Probabilities, stride, rows, keys, outputGradient, operands.OutputGradient.Stride, geometry.ValueWidth,
            memory.ValueGradient, resume, memory);
        AccumulateTransposed(
            memory.Gradients, stride, rows, keys, query, operands.Query.Stride, geometry.Width, memory.KeyGradient, resume, memory);
        nint resultStride = geometry.PaddedWidth;
        AttentionTile.Multiply(memory.Gradients, stride, rows, memory.Keys, keys, geometry.Width, memory.Result, resultStride, resume: false);
        for (int row = 0; row < rows; row++)
        {
            AttentionTile.Scale(memory.Result + row * resultStride, operands.QueryGradient.At(token + row, channel), geometry.Width, geometry.Scale);
        }
    }

    // sums[keys, width] (+)= strip[rows, keys]ᵀ · right[rows, width]
    private static void AccumulateTransposed(
        float* strip, nint stripStride, int rows, int keys, float* right, nint rightStride, int width, float* sums, bool resume, in Scratch memory)
    {
        // Whole vectors go over: rows and keys past the last are never read again.
        Transposition.Transpose(strip, stripStride, rows + 7 & ~7, keys + 7 & ~7, memory.Transposed, Rows);
        AttentionKernel.Pack(right, rightStride, rows, width, memory.Right);
        nint sumStride = RightPacking.Panels(width) * MicroKernel.Columns;
        AttentionTile.Multiply(memory.Transposed, Rows, keys, memory.Right, rows, width, sums, sumStride, resume);
    }

    private readonly struct Scratch
    {
        public readonly float* KeysTransposed;
        public readonly float* Keys;
        public readonly float* ValuesTransposed;
        public readonly float* Probabilities;
        public readonly float* Gradients;
        public readonly float* Transposed;
        public readonly float* Right;
        public readonly float* Result;
        public readonly float* KeyGradient;
        public readonly float* ValueGradient;
        public readonly float* Addend;
        public readonly nint Floats;

        public Scratch(in AttentionGeometry geometry, float* memory)
        {
            int widest = Math.Max(geometry.PaddedWidth, geometry.PaddedValueWidth);
            float* next = memory;
            KeysTransposed = Take(ref next, RightPacking.PackedLength(geometry.Width, geometry.Keys));
            Keys = Take(ref next, RightPacking.PackedLength(geometry.Keys, geometry.Width));
            ValuesTransposed = Take(ref next, RightPacking.PackedLength(geometry.ValueWidth, geometry.Keys));
            Probabilities = Take(ref next, (nint)Rows * geometry.ScoreStride);
            Gradients = Take(ref next, (nint)Rows * geometry.ScoreStride);
            Transposed = Take(ref next, (nint)Rows * geometry.ScoreStride);
            Right = Take(ref next, (nint)Rows * widest);
            Result = Take(ref next, (nint)Rows * widest);
            KeyGradient = Take(ref next, (nint)geometry.Keys * geometry.PaddedWidth);
            ValueGradient = Take(ref next, (nint)geometry.Keys * geometry.PaddedValueWidth);
            Addend = Take(ref next, AttentionAddends.RowFloats(geometry));
            Floats = (nint)(next - memory);
        }

        private static float* Take(ref float* next, nint floats)
        {
            float* start = next;
            next += floats;
            return start;
        }
    }
}
