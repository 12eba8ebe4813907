namespace Fovea.Engine.Kernels;

/// <summary>
/// The gradient of <see cref="AttentionKernel"/>. Probabilities are computed again, strip by strip, from the kept logarithms of the sums
/// (as in arXiv 2205.14135, algorithm 4). One head of one image is one part: it alone writes its slices of the gradients.
/// </summary>
internal static unsafe class AttentionGradientKernel
{
    /// <summary>Independent parts: heads of all images.</summary>
    public static int Parts(in AttentionGeometry geometry) => geometry.Batch * geometry.Heads;

    /// <summary>Floats of scratch that one call of <see cref="Run"/> needs.</summary>
    public static nint ScratchFloats(in AttentionGeometry geometry) => new Scratch(geometry, null).Floats;

    /// <summary>Computes parts [<paramref name="first"/>, <paramref name="last"/>) of all gradients.</summary>
    public static void Run(in AttentionGeometry geometry, in AttentionGradientArguments operands, int first, int last, float* scratch)
    {
        Scratch memory = new(geometry, scratch);
        new Span<float>(memory.Zeros, geometry.WidestRow).Clear();
        for (int part = first; part < last; part++)
        {
            Head(geometry, operands, part / geometry.Heads, part % geometry.Heads, memory);
        }
    }

    private static void Head(in AttentionGeometry geometry, in AttentionGradientArguments operands, int image, int head, in Scratch memory)
    {
        for (int strip = 0; strip < geometry.Strips; strip++)
        {
            Strip(geometry, operands, image, head, strip, memory);
        }

        nint token = (nint)image * geometry.Keys;
        WriteScaled(
            memory.KeyGradient, operands.KeyGradient.Rows(token, head * geometry.Width), geometry.Keys, geometry.Width, geometry.Scale);
        WriteScaled(
            memory.ValueGradient, operands.ValueGradient.Rows(token, head * geometry.ValueWidth), geometry.Keys, geometry.ValueWidth, 1);
    }

    private static void Strip(
        in AttentionGeometry geometry, in AttentionGradientArguments operands, int image, int head, int index, in Scratch memory)
    {
        (int firstQuery, int count, int lanes) = geometry.Strip(index);
        nint token = (nint)image * geometry.Queries + firstQuery;
        nint row = ((nint)image * geometry.Heads + head) * geometry.Queries + firstQuery;
        nint firstKey = (nint)image * geometry.Keys;
        StridedRows query = operands.Query.Rows(token, head * geometry.Width);
        StridedRows outputGradient = operands.OutputGradient.Rows(token, head * geometry.ValueWidth);
        StridedRows key = operands.Key.Rows(firstKey, head * geometry.Width);
        StridedRows value = operands.Value.Rows(firstKey, head * geometry.ValueWidth);
        StridedRows probabilities = new(memory.Probabilities, lanes);
        StridedRows gradients = new(memory.Gradients, lanes);
        float* deltas = stackalloc float[AttentionGeometry.MaxLanes];
        new Span<float>(deltas, lanes).Clear();

        StridedRows bias = operands.Bias.Of(geometry, image, head, index, memory.Probabilities, memory.BiasRows, memory.Zeros);
        RestoreProbabilities(geometry, query, outputGradient, key, value, bias, operands.LogSumExp + row, count, lanes, deltas, memory);
        for (int first = 0; first < geometry.Keys; first += geometry.ChunkKeys)
        {
            int keys = Math.Min(geometry.ChunkKeys, geometry.Keys - first);
            float* probability = probabilities.From(first).First;
            float* gradient = gradients.From(first).First;
            AttentionTile.ScoreGradient(gradient, probability, keys, lanes, deltas);
            Accumulate(new(probability, lanes, 1), outputGradient, memory.ValueGradient.From(first), index == 0, keys, count, memory);
            Accumulate(new(gradient, lanes, 1), query, memory.KeyGradient.From(first), index == 0, keys, count, memory);
            Accumulate(new(gradient, 1, lanes), key.From(first), memory.QueryGradient, first == 0, count, keys, memory);
        }

        WriteScaled(memory.QueryGradient, operands.QueryGradient.Rows(token, head * geometry.Width), count, geometry.Width, geometry.Scale);
        if (operands.ScoreGradient != null)
        {
            TransposeKernel.Transpose(
                memory.Gradients, lanes, geometry.Keys, count, operands.ScoreGradient + row * geometry.Keys, geometry.Keys);
        }

        if (operands.RelativeRowsGradient != null)
        {
            // Probabilities are not needed any longer.
            TransposeKernel.Transpose(memory.Gradients, lanes, geometry.Keys, count, memory.Probabilities, geometry.Keys);
            WriteRelative(geometry, operands, token, firstQuery, count, head, memory.Probabilities);
        }
    }

    // Probabilities and their gradients for all keys, and for each query Σ probability · gradient.
    private static void RestoreProbabilities(
        in AttentionGeometry geometry, StridedRows query, StridedRows outputGradient, StridedRows key, StridedRows value, StridedRows bias,
        float* logSumExp, int count, int lanes, float* deltas, in Scratch memory)
    {
        float* logarithms = stackalloc float[AttentionGeometry.MaxLanes];
        new Span<float>(logarithms, lanes).Clear();
        AttentionTile.Scale(logSumExp, logarithms, count, Exponential.BinaryPerNatural);
        AttentionTile.PackTransposed(query, count, geometry.Width, geometry.Scale * Exponential.BinaryPerNatural, memory.Queries, lanes);
        AttentionTile.PackTransposed(outputGradient, count, geometry.ValueWidth, 1, memory.OutputGradients, lanes);
        StridedRows zeros = new(memory.Zeros, 0);
        StridedRows probabilities = new(memory.Probabilities, lanes);
        StridedRows gradients = new(memory.Gradients, lanes);
        for (int first = 0; first < geometry.Keys; first += geometry.ChunkKeys)
        {
            int keys = Math.Min(geometry.ChunkKeys, geometry.Keys - first);
            StridedRows probability = probabilities.From(first);
            StridedRows gradient = gradients.From(first);
            StridedMatMulKernel.Multiply(
                new(key.From(first).First, key.Stride, 1), new(memory.Queries, lanes), bias.From(first), probability, keys, lanes,
                geometry.Width);
            StridedMatMulKernel.Multiply(
                new(value.From(first).First, value.Stride, 1), new(memory.OutputGradients, lanes), zeros, gradient, keys, lanes,
                geometry.ValueWidth);
            AttentionTile.Restore(probability.First, gradient.First, keys, lanes, logarithms, deltas);
        }
    }

    // sums[rows] (+)= left · right, over whole vectors of the sums' columns.
    private static void Accumulate(
        StridedLeft left, StridedRows right, StridedRows sums, bool begin, int rows, int depth, in Scratch memory) =>
        StridedMatMulKernel.Multiply(left, right, begin ? new StridedRows(memory.Zeros, 0) : sums, sums, rows, (int)sums.Stride, depth);

    private static void WriteScaled(StridedRows sums, StridedRows target, int rows, int columns, float factor)
    {
        for (int row = 0; row < rows; row++)
        {
            AttentionTile.Scale(sums.From(row).First, target.From(row).First, columns, factor);
        }
    }

    private static void WriteRelative(
        in AttentionGeometry geometry, in AttentionGradientArguments operands, nint token, int firstQuery, int count, int head,
        float* scores)
    {
        for (int row = 0; row < count; row++)
        {
            nint logits = (token + row) * geometry.Heads + head;
            operands.Bias.RelativeGradient(
                scores + (nint)row * geometry.Keys, firstQuery + row,
                operands.RelativeRowsGradient + logits * (2 * operands.Bias.Height - 1),
                operands.RelativeColumnsGradient + logits * (2 * operands.Bias.Width - 1));
        }
    }

    private readonly struct Scratch
    {
        public readonly float* Queries;
        public readonly float* OutputGradients;
        public readonly float* Probabilities;
        public readonly float* Gradients;
        public readonly float* BiasRows;
        public readonly float* Zeros;
        public readonly StridedRows QueryGradient;
        public readonly StridedRows KeyGradient;
        public readonly StridedRows ValueGradient;
        public readonly nint Floats;

        public Scratch(in AttentionGeometry geometry, float* memory)
        {
            ScratchAllocator allocator = new(memory);
            int width = StridedMatMulKernel.Lanes(geometry.Width);
            int valueWidth = StridedMatMulKernel.Lanes(geometry.ValueWidth);
            Queries = allocator.Take((nint)geometry.Width * geometry.StripLanes);
            OutputGradients = allocator.Take((nint)geometry.ValueWidth * geometry.StripLanes);
            Probabilities = allocator.Take(geometry.ScoreFloats);
            Gradients = allocator.Take(geometry.ScoreFloats);
            BiasRows = allocator.Take(AttentionBiasArguments.RowFloats(geometry));
            Zeros = allocator.Take(geometry.WidestRow);
            QueryGradient = new(allocator.Take((nint)AttentionGeometry.MaxLanes * width), width);
            KeyGradient = new(allocator.Take((nint)geometry.Keys * width), width);
            ValueGradient = new(allocator.Take((nint)geometry.Keys * valueWidth), valueWidth);
            Floats = allocator.Floats;
        }
    }
}
