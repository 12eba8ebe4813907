using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Fovea.Engine.Kernels;

/// <summary>Transposes matrices in memory, in squares of 8×8 held in registers where the processor has AVX.</summary>
internal static unsafe class TransposeKernel
{
    private const int StripColumns = 64;

    /// <summary>
    /// target[j, i] = source[i, j] for i below <paramref name="rows"/> and j below <paramref name="columns"/>; both row-major with the
    /// given floats between rows. Source and target may not overlap.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceStride, int rows, int columns, float* target, nint targetStride)
    {
        int wholeRows = Avx.IsSupported ? rows & ~7 : 0;
        int wholeColumns = Avx.IsSupported ? columns & ~7 : 0;

        // Strips of columns, so that the lines of the target are still in L1 when the next row of squares continues them.
        for (int strip = 0; strip < wholeColumns; strip += StripColumns)
        {
            int end = Math.Min(strip + StripColumns, wholeColumns);
            for (int row = 0; row < wholeRows; row += 8)
            {
                for (int column = strip; column < end; column += 8)
                {
                    Transpose8x8(source + row * sourceStride + column, sourceStride, target + column * targetStride + row, targetStride);
                }
            }
        }

        for (int row = 0; row < rows; row++)
        {
            for (int column = row < wholeRows ? wholeColumns : 0; column < columns; column++)
            {
                target[column * targetStride + row] = source[row * sourceStride + column];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8x8(float* source, nint sourceStride, float* target, nint targetStride)
    {
        Vector256<float> row0 = Halves(source, sourceStride);
        Vector256<float> row1 = Halves(source + sourceStride, sourceStride);
        Vector256<float> row2 = Halves(source + 2 * sourceStride, sourceStride);
        Vector256<float> row3 = Halves(source + 3 * sourceStride, sourceStride);
        Quarter(row0, row1, row2, row3, target, targetStride);

        row0 = Halves(source + 4, sourceStride);
        row1 = Halves(source + sourceStride + 4, sourceStride);
        row2 = Halves(source + 2 * sourceStride + 4, sourceStride);
        row3 = Halves(source + 3 * sourceStride + 4, sourceStride);
        Quarter(row0, row1, row2, row3, target + 4 * targetStride, targetStride);
    }

    // Four floats of a row beside four floats of the row four further down: what is left to do stays inside 128-bit lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(float* source, nint stride) =>
        Vector256.Create(Vector128.Load(source), Vector128.Load(source + 4 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        Vector256<float> row0, Vector256<float> row1, Vector256<float> row2, Vector256<float> row3, float* target, nint stride)
    {
        Vector256<float> low01 = Avx.UnpackLow(row0, row1);
        Vector256<float> high01 = Avx.UnpackHigh(row0, row1);
        Vector256<float> low23 = Avx.UnpackLow(row2, row3);
        Vector256<float> high23 = Avx.UnpackHigh(row2, row3);
        Avx.Shuffle(low01, low23, 0b01_00_01_00).Store(target);
        Avx.Shuffle(low01, low23, 0b11_10_11_10).Store(target + stride);
        Avx.Shuffle(high01, high23, 0b01_00_01_00).Store(target + 2 * stride);
        Avx.Shuffle(high01, high23, 0b11_10_11_10).Store(target + 3 * stride);
    }
}
