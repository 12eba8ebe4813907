using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Kernels that move floats and compute nothing, but for the additions of a scatter. All of them write apart from what they read.
/// </summary>
internal static unsafe partial class LayoutKernels
{
    // Floats that a part moves at least, so that a part is worth handing out.
    private const int Grain = 16384;

    // Columns of a table that one part of a scatter owns: whole cache lines, so that threads do not share any.
    private const int ScatterColumns = 64;

    /// <summary>The independent parts of a copy or pad of rows: groups of rows.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="rowFloats">Floats written per row.</param>
    public static int RowParts(int rows, nint rowFloats) => (rows + RowsPerPart(rowFloats) - 1) / RowsPerPart(rowFloats);

    /// <summary>
    /// Copies runs that lie at a stride to another stride: what slice and concat are made of. Run r goes from source + r·sourceStride to
    /// target + r·targetStride.
    /// </summary>
    /// <param name="source">The first float of the first run.</param>
    /// <param name="sourceStride">Floats between runs of the source.</param>
    /// <param name="target">The target of the first run.</param>
    /// <param name="targetStride">Floats between runs of the target.</param>
    /// <param name="rows">Runs in all.</param>
    /// <param name="run">Contiguous floats per run.</param>
    /// <param name="first">The first part of <see cref="RowParts"/>(rows, run).</param>
    /// <param name="last">One past the last part.</param>
    public static void CopyBlock(
        float* source, nint sourceStride, float* target, nint targetStride, int rows, nint run, int first, int last)
    {
        int end = EndRow(last, rows, run);
        for (int row = first * RowsPerPart(run); row < end; row++)
        {
            Copy(source + row * sourceStride, target + row * targetStride, run);
        }
    }

    /// <summary>Surrounds each of the given rows with zeros: rows of before + run + after floats from rows of run floats.</summary>
    /// <param name="source">The rows, one after another.</param>
    /// <param name="target">The padded rows, one after another.</param>
    /// <param name="rows">Rows: the product of the axes in front of the padded one.</param>
    /// <param name="run">Floats per row of the source: the padded axis times those behind it.</param>
    /// <param name="before">Zeros in front of each row, in floats.</param>
    /// <param name="after">Zeros behind each row, in floats.</param>
    /// <param name="first">The first part of <see cref="RowParts"/>(rows, before + run + after).</param>
    /// <param name="last">One past the last part.</param>
    public static void PadAxis(float* source, float* target, int rows, nint run, nint before, nint after, int first, int last)
    {
        nint padded = before + run + after;
        int end = EndRow(last, rows, padded);
        for (int row = first * RowsPerPart(padded); row < end; row++)
        {
            float* into = target + row * padded;
            NativeMemory.Clear(into, (nuint)before * sizeof(float));
            Copy(source + row * run, into + before, run);
            NativeMemory.Clear(into + before + run, (nuint)after * sizeof(float));
        }
    }

    /// <summary>target[i] = table[indices[i]], row by row.</summary>
    /// <param name="table">The table, entries × width.</param>
    /// <param name="entries">Rows of the table.</param>
    /// <param name="width">Floats per row.</param>
    /// <param name="indices">An entry for each row of the target, from 0.</param>
    /// <param name="count">Indices.</param>
    /// <param name="target">The result, count × width.</param>
    /// <param name="first">The first part of <see cref="RowParts"/>(count, width).</param>
    /// <param name="last">One past the last part.</param>
    /// <exception cref="IndexOutOfRangeException">An index points outside the table.</exception>
    public static void GatherRows(float* table, int entries, int width, int* indices, int count, float* target, int first, int last)
    {
        int end = EndRow(last, count, width);
        for (int row = first * RowsPerPart(width); row < end; row++)
        {
            Check(indices[row], row, entries);
            Copy(table + (nint)indices[row] * width, target + (nint)row * width, width);
        }
    }

    /// <summary>The independent parts of a scatter: blocks of columns.</summary>
    /// <param name="width">Floats per row of the table.</param>
    public static int ScatterParts(int width) => (width + ScatterColumns - 1) / ScatterColumns;

    /// <summary>Zeroes the table, then table[indices[i]] += rows[i] in the order of i, for the given blocks of columns.</summary>
    /// <param name="rows">The rows to add, count × width.</param>
    /// <param name="indices">An entry for each row, from 0.</param>
    /// <param name="count">Rows.</param>
    /// <param name="table">The table, entries × width.</param>
    /// <param name="entries">Rows of the table.</param>
    /// <param name="width">Floats per row.</param>
    /// <param name="first">The first part.</param>
    /// <param name="last">One past the last part.</param>
    /// <exception cref="IndexOutOfRangeException">An index points outside the table.</exception>
    public static void ScatterAddRows(float* rows, int* indices, int count, float* table, int entries, int width, int first, int last)
    {
        int start = first * ScatterColumns;
        int columns = Math.Min(last * ScatterColumns, width) - start;
        for (int entry = 0; entry < entries; entry++)
        {
            NativeMemory.Clear(table + (nint)entry * width + start, (nuint)columns * sizeof(float));
        }

        for (int row = 0; row < count; row++)
        {
            Check(indices[row], row, entries);
            Add(rows + (nint)row * width + start, table + (nint)indices[row] * width + start, columns);
        }
    }

    private static int RowsPerPart(nint rowFloats) => (int)Math.Max(1, Grain / Math.Max(1, rowFloats));

    private static int EndRow(int last, int rows, nint rowFloats) => (int)Math.Min((long)last * RowsPerPart(rowFloats), rows);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, nint length)
    {
        // The call into the runtime costs more than a short run, such as the heads of a bias table, is worth.
        if (length < 16)
        {
            for (nint i = 0; i < length; i++)
            {
                target[i] = source[i];
            }

            return;
        }

        NativeMemory.Copy(source, target, (nuint)length * sizeof(float));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* source, float* target, int length)
    {
        int i = 0;
        for (; i + 8 <= length; i += 8)
        {
            (Vector256.Load(target + i) + Vector256.Load(source + i)).Store(target + i);
        }

        for (; i < length; i++)
        {
            target[i] += source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Check(int index, int position, int entries)
    {
        if ((uint)index >= (uint)entries)
        {
            ThrowOutside(index, position, entries);
        }
    }

    private static void ThrowOutside(int index, int position, int entries) =>
#pragma warning disable CA2201 // An index that points outside is exactly what this exception is for.
        throw new IndexOutOfRangeException(
            $"Index {index} at position {position} points outside a table of {entries} entries; indices go from 0 to {entries - 1}.");
#pragma warning restore CA2201
}
