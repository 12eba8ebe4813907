namespace Fovea.Engine.Kernels;

/// <summary>
/// Multi-head attention, softmax(scale · Q·Kᵀ + bias)·V (arXiv 1706.03762, eq. 1), read and written where the tokens lie. The N×M
/// matrix never exists: the scores of a strip of queries against all keys stand in cache, become exponentials, and meet the values; the sum
/// divides last. Scores are binary exponents: log₂ e goes into the queries with the scale. A strip of one head of one image is one part.
/// </summary>
internal static unsafe class AttentionKernel
{
    /// <summary>Independent parts: strips of queries of one head of one image, a number that follows from the shapes alone.</summary>
    public static int Parts(in AttentionGeometry geometry) => geometry.Batch * geometry.Heads * geometry.Strips;

    /// <summary>Floats of scratch that one call of <see cref="Forward"/> needs.</summary>
    public static nint ScratchFloats(in AttentionGeometry geometry) => new Scratch(geometry, null).Floats;

    /// <summary>Computes parts [<paramref name="first"/>, <paramref name="last"/>) of the output.</summary>
    /// <param name="geometry">Sizes.</param>
    /// <param name="query">Queries [B, N, H·D].</param>
    /// <param name="key">Keys [B, M, H·D].</param>
    /// <param name="value">Values [B, M, H·Dv].</param>
    /// <param name="bias">The bias of the scores.</param>
    /// <param name="output">Output [B, N, H·Dv]; overlaps no operand.</param>
    /// <param name="logSumExp">
    /// Logarithm of the sum that divides each query's exponentials, [B, H, N], kept for the gradient, or null.
    /// </param>
    /// <param name="first">First part.</param>
    /// <param name="last">Part after the last.</param>
    /// <param name="scratch">Memory of <see cref="ScratchFloats"/> floats.</param>
    public static void Forward(
        in AttentionGeometry geometry, Tokens query, Tokens key, Tokens value, in AttentionBiasArguments bias, Tokens output,
        float* logSumExp,
        int first, int last, float* scratch)
    {
        Scratch memory = new(geometry, scratch);
        new Span<float>(memory.Zeros, geometry.WidestRow).Clear();
        StridedRows keys = default;
        StridedRows values = default;
        for (int part = first; part < last; part++)
        {
            (int index, int strip) = Math.DivRem(part, geometry.Strips);
            (int image, int head) = Math.DivRem(index, geometry.Heads);
            nint token = (nint)image * geometry.Queries + geometry.Strip(strip).First;
            nint firstKey = (nint)image * geometry.Keys;
            StridedRows queries = query.Rows(token, head * geometry.Width);
            if (part == first || strip == 0)
            {
                keys = key.Rows(firstKey, head * geometry.Width);
                values = value.Rows(firstKey, head * geometry.ValueWidth);
                if (part == first || head % geometry.HeadsFetched == 0)
                {
                    FetchHeads(geometry, head, queries, keys, values);
                }

                if (geometry.Strips > 1)
                {
                    keys = AttentionTile.Gather(keys, geometry.Keys, memory.Keys);
                    values = AttentionTile.Gather(values, geometry.Keys, memory.Values);
                }
            }

            Strip(
                geometry, strip, queries, keys, values, bias.Of(geometry, image, head, strip, memory.Scores, memory.BiasRows, memory.Zeros),
                output.Rows(token, head * geometry.ValueWidth),
                logSumExp == null ? null : logSumExp + (nint)index * geometry.Queries + geometry.Strip(strip).First, memory);
        }
    }

    // A head's rows are short pieces with gaps between, of which the processor cannot expect the next; those of several heads are long
    // ones. Queries of several strips stay where they are: each strip would need but a few of those.
    private static void FetchHeads(in AttentionGeometry geometry, int head, StridedRows query, StridedRows key, StridedRows value)
    {
        int heads = Math.Min(geometry.HeadsFetched, geometry.Heads - head);
        if (heads > 1)
        {
            AttentionTile.Fetch(key, geometry.Keys, heads * geometry.Width);
            AttentionTile.Fetch(value, geometry.Keys, heads * geometry.ValueWidth);
            if (geometry.Strips == 1)
            {
                AttentionTile.Fetch(query, geometry.Queries, heads * geometry.Width);
            }
        }
    }

    private static void Strip(
        in AttentionGeometry geometry, int index, StridedRows query, StridedRows key, StridedRows value, StridedRows bias,
        StridedRows output,
        float* logSumExp, in Scratch memory)
    {
        (_, int count, int lanes) = geometry.Strip(index);
        int chunk = geometry.ChunkKeys;
        float* maxima = stackalloc float[AttentionGeometry.MaxLanes];
        float* sums = stackalloc float[AttentionGeometry.MaxLanes];
        new Span<float>(maxima, lanes).Fill(float.NegativeInfinity);
        new Span<float>(sums, lanes).Clear();
        AttentionTile.PackTransposed(query, count, geometry.Width, geometry.Scale * Exponential.BinaryPerNatural, memory.Queries, lanes);
        StridedRows queries = new(memory.Queries, lanes);
        StridedRows scores = new(memory.Scores, lanes);
        for (int first = 0; first < geometry.Keys; first += chunk)
        {
            int keys = Math.Min(chunk, geometry.Keys - first);
            StridedLeft left = new(key.From(first).First, key.Stride, 1);
            StridedMatMulKernel.Multiply(left, queries, bias.From(first), scores.From(first), keys, lanes, geometry.Width, maxima);
        }

        int valueLanes = StridedMatMulKernel.Lanes(geometry.ValueWidth);
        StridedRows result = new(memory.Result, valueLanes);
        for (int first = 0; first < geometry.Keys; first += chunk)
        {
            int keys = Math.Min(chunk, geometry.Keys - first);
            float* exponentials = scores.From(first).First;
            AttentionTile.Exponentiate(exponentials, keys, lanes, maxima, sums);
            StridedLeft left = new(exponentials, 1, lanes);
            StridedMatMulKernel.Multiply(
                left, value.From(first), first == 0 ? new StridedRows(memory.Zeros, 0) : result, result, count, valueLanes, keys);
        }

        for (int row = 0; row < count; row++)
        {
            AttentionTile.Scale(result.From(row).First, output.From(row).First, geometry.ValueWidth, 1 / sums[row]);
            if (logSumExp != null)
            {
                logSumExp[row] = (maxima[row] + MathF.Log2(sums[row])) * Exponential.NaturalPerBinary;
            }
        }
    }

    private readonly struct Scratch
    {
        public readonly float* Queries;
        public readonly StridedRows Keys;
        public readonly StridedRows Values;
        public readonly float* Scores;
        public readonly float* Result;
        public readonly float* BiasRows;
        public readonly float* Zeros;
        public readonly nint Floats;

        public Scratch(in AttentionGeometry geometry, float* memory)
        {
            ScratchAllocator allocator = new(memory);
            Queries = allocator.Take((nint)geometry.Width * geometry.StripLanes);
            Keys = new(allocator.Take((nint)geometry.Keys * geometry.KeyFloats), geometry.KeyFloats);
            int valueLanes = StridedMatMulKernel.Lanes(geometry.ValueWidth);
            Values = new(allocator.Take((nint)geometry.Keys * valueLanes), valueLanes);
            Scores = allocator.Take(geometry.ScoreFloats);
            Result = allocator.Take((nint)AttentionGeometry.MaxLanes * StridedMatMulKernel.Lanes(geometry.ValueWidth));
            BiasRows = allocator.Take(AttentionBiasArguments.RowFloats(geometry));
            Zeros = allocator.Take(geometry.WidestRow);
            Floats = allocator.Floats;
        }
    }
}
