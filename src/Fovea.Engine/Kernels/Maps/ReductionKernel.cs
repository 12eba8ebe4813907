using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Sum, mean or maximum over the middle axis of [outer, reduced, inner]. The outputs are divided into runs of at most 64 neighbours; where
/// these are few and the reduced axis is long, it is divided too, into chunks that <see cref="Merge"/> joins in order. Sums are made of the
/// sums of short blocks, which keeps long ones accurate. A maximum over a NaN is NaN.
/// </summary>
internal static unsafe class ReductionKernel
{
    private const int FloatsPerPart = 16 * 1024;
    private const int RunFloats = 64;
    private const int WantedParts = 32;
    private const int BlockRows = 128;

    private interface IJoin
    {
        static abstract float Identity { get; }

        static abstract Vector256<float> Join(Vector256<float> left, Vector256<float> right);
    }

    /// <summary>Independent parts of <see cref="Run"/>.</summary>
    public static int Parts(int outer, int reduced, int inner) => OutputParts(outer, reduced, inner) * Chunks(outer, reduced, inner);

    /// <summary>Floats of the partials between <see cref="Run"/> and <see cref="Merge"/>; 0 when there is nothing to merge.</summary>
    public static nint PartialFloats(int outer, int reduced, int inner)
    {
        int chunks = Chunks(outer, reduced, inner);
        return chunks > 1 ? (nint)chunks * outer * inner : 0;
    }

    /// <summary>
    /// Computes parts [first, last). Writes the result or, where there is something to merge, the partials.
    /// </summary>
    /// <param name="kind">Sum, mean or maximum.</param>
    /// <param name="x">[outer, reduced, inner].</param>
    /// <param name="y">The result, [outer, inner].</param>
    /// <param name="partials"><see cref="PartialFloats"/> floats, or null when that is 0.</param>
    /// <param name="outer">Extent before the reduced axis.</param>
    /// <param name="reduced">Extent of the reduced axis, at least 1.</param>
    /// <param name="inner">Extent after the reduced axis.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">One past the last part.</param>
    public static void Run(
        ReductionFunction kind, float* x, float* y, float* partials, int outer, int reduced, int inner, int first, int last)
    {
        int chunks = Chunks(outer, reduced, inner);
        int unitsPerPart = UnitsPerPart(reduced, inner);
        int runs = Runs(inner);
        for (int part = first; part < last; part++)
        {
            int chunk = part % chunks;
            int firstRow = (int)((long)reduced * chunk / chunks);
            int rows = (int)((long)reduced * (chunk + 1) / chunks) - firstRow;
            float* target = chunks == 1 ? y : partials + (nint)chunk * outer * inner;
            float scale = kind == ReductionFunction.Mean && chunks == 1 ? 1f / reduced : 1;
            int unit = part / chunks * unitsPerPart;
            int end = (int)Math.Min((long)unit + unitsPerPart, (long)outer * runs);
            for (; unit < end; unit++)
            {
                int outerIndex = unit / runs;
                int column = unit % runs * RunFloats;
                float* source = x + ((nint)outerIndex * reduced + firstRow) * inner + column;
                int width = Math.Min(RunFloats, inner - column);
                Reduce(kind, source, rows, inner, width, target + (nint)outerIndex * inner + column, scale);
            }
        }
    }

    /// <summary>Independent parts of <see cref="Merge"/>; 0 when there is nothing to merge.</summary>
    public static int MergeParts(int outer, int reduced, int inner) =>
        Chunks(outer, reduced, inner) > 1 ? Runs(outer * inner) : 0;

    /// <summary>Joins parts [first, last) of the partials to the result, chunk after chunk.</summary>
    public static void Merge(ReductionFunction kind, float* partials, float* y, int outer, int reduced, int inner, int first, int last)
    {
        int chunks = Chunks(outer, reduced, inner);
        int outputs = outer * inner;
        float scale = kind == ReductionFunction.Mean ? 1f / reduced : 1;
        for (int part = first; part < last; part++)
        {
            int column = part * RunFloats;
            ReduceRows(kind, partials + column, chunks, outputs, Math.Min(RunFloats, outputs - column), y + column, scale);
        }
    }

    private static int Runs(int inner) => (inner + RunFloats - 1) / RunFloats;

    private static int UnitsPerPart(int reduced, int inner) =>
        (int)Math.Max(FloatsPerPart / ((long)reduced * Math.Min(inner, RunFloats)), 1);

    private static int OutputParts(int outer, int reduced, int inner)
    {
        int unitsPerPart = UnitsPerPart(reduced, inner);
        return (int)(((long)outer * Runs(inner) + unitsPerPart - 1) / unitsPerPart);
    }

    private static int Chunks(int outer, int reduced, int inner)
    {
        long wanted = WantedParts / Math.Max(OutputParts(outer, reduced, inner), 1);
        long useful = (long)reduced * Math.Min(inner, RunFloats) / FloatsPerPart;
        return (int)Math.Clamp(Math.Min(wanted, useful), 1, reduced);
    }

    private static void Reduce(ReductionFunction kind, float* source, int rows, int stride, int width, float* target, float scale)
    {
        if (stride > 1)
        {
            ReduceRows(kind, source, rows, stride, width, target, scale);
        }
        else if (kind == ReductionFunction.Max)
        {
            *target = ReduceLine<Maximum>(source, rows);
        }
        else
        {
            *target = ReduceLine<Addition>(source, rows) * scale;
        }
    }

    private static void ReduceRows(ReductionFunction kind, float* source, int rows, int stride, int width, float* target, float scale)
    {
        if (kind == ReductionFunction.Max)
        {
            ReduceRows<Maximum>(source, rows, stride, width, target, scale);
        }
        else
        {
            ReduceRows<Addition>(source, rows, stride, width, target, scale);
        }
    }

    // A line of neighbours: rows of 32 floats, whose 32 results are joined at the end.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ReduceLine<TJoin>(float* source, int length)
        where TJoin : struct, IJoin
    {
        Vector256<float> result = Vector256.Create(TJoin.Identity);
        int index = 0;
        while (index <= length - 32)
        {
            int rows = Math.Min((length - index) / 32, BlockRows);
            Quad<TJoin>(
                source + index, rows, 32,
                out Vector256<float> first, out Vector256<float> second, out Vector256<float> third, out Vector256<float> fourth);
            result = TJoin.Join(result, TJoin.Join(TJoin.Join(first, second), TJoin.Join(third, fourth)));
            index += 32 * rows;
        }

        for (; index <= length - 8; index += 8)
        {
            result = TJoin.Join(result, Vector256.Load(source + index));
        }

        if (index < length)
        {
            result = TJoin.Join(result, MaskedVector.Load(source + index, length - index, TJoin.Identity));
        }

        result = TJoin.Join(result, Vector256.Shuffle(result, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)));
        result = TJoin.Join(result, Vector256.Shuffle(result, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)));
        return TJoin.Join(result, Vector256.Shuffle(result, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)))[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReduceRows<TJoin>(float* source, int rows, int stride, int width, float* target, float scale)
        where TJoin : struct, IJoin
    {
        Vector256<float> scales = Vector256.Create(scale);
        int column = 0;
        for (; column <= width - 32; column += 32)
        {
            Quad<TJoin>(
                source + column, Math.Min(rows, BlockRows), stride,
                out Vector256<float> first, out Vector256<float> second, out Vector256<float> third, out Vector256<float> fourth);
            for (int row = BlockRows; row < rows; row += BlockRows)
            {
                float* block = source + (nint)row * stride + column;
                Quad<TJoin>(
                    block, Math.Min(rows - row, BlockRows), stride,
                    out Vector256<float> nextFirst, out Vector256<float> nextSecond,
                    out Vector256<float> nextThird, out Vector256<float> nextFourth);
                first = TJoin.Join(first, nextFirst);
                second = TJoin.Join(second, nextSecond);
                third = TJoin.Join(third, nextThird);
                fourth = TJoin.Join(fourth, nextFourth);
            }

            (first * scales).Store(target + column);
            (second * scales).Store(target + column + 8);
            (third * scales).Store(target + column + 16);
            (fourth * scales).Store(target + column + 24);
        }

        for (; column < width; column += 8)
        {
            Vector256<float> result = Single<TJoin>(source + column, Math.Min(rows, BlockRows), stride);
            for (int row = BlockRows; row < rows; row += BlockRows)
            {
                result = TJoin.Join(result, Single<TJoin>(source + (nint)row * stride + column, Math.Min(rows - row, BlockRows), stride));
            }

            MaskedVector.Store(result * scales, target + column, width - column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad<TJoin>(
        float* source, int rows, nint stride,
        out Vector256<float> first, out Vector256<float> second, out Vector256<float> third, out Vector256<float> fourth)
        where TJoin : struct, IJoin
    {
        Vector256<float> a = Vector256.Load(source);
        Vector256<float> b = Vector256.Load(source + 8);
        Vector256<float> c = Vector256.Load(source + 16);
        Vector256<float> d = Vector256.Load(source + 24);
        for (int row = 1; row < rows; row++)
        {
            source += stride;
            a = TJoin.Join(a, Vector256.Load(source));
            b = TJoin.Join(b, Vector256.Load(source + 8));
            c = TJoin.Join(c, Vector256.Load(source + 16));
            d = TJoin.Join(d, Vector256.Load(source + 24));
        }

        first = a;
        second = b;
        third = c;
        fourth = d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Single<TJoin>(float* source, int rows, nint stride)
        where TJoin : struct, IJoin
    {
        Vector256<float> result = Vector256.Load(source);
        for (int row = 1; row < rows; row++)
        {
            source += stride;
            result = TJoin.Join(result, Vector256.Load(source));
        }

        return result;
    }

    private readonly struct Addition : IJoin
    {
        public static float Identity => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Join(Vector256<float> left, Vector256<float> right) => left + right;
    }

    private readonly struct Maximum : IJoin
    {
        public static float Identity => float.NegativeInfinity;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Join(Vector256<float> left, Vector256<float> right) => Vector256.Max(left, right);
    }
}
