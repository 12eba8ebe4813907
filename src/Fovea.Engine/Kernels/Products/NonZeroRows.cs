using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Rows of a matrix that are not all zeros: of a gradient that few rows have, such as that of the anchors or regions that a detector learns
/// from, the others need not be multiplied. A row without zeros costs one look.
/// </summary>
internal static unsafe class NonZeroRows
{
    /// <summary>Lists the next rows that are not all zeros.</summary>
    /// <param name="matrix">The matrix.</param>
    /// <param name="columns">Columns that are looked at.</param>
    /// <param name="stride">Floats between rows.</param>
    /// <param name="row">The row to begin at; then the row to go on at.</param>
    /// <param name="lastRow">One past the last row.</param>
    /// <param name="rows">Room for row numbers.</param>
    /// <param name="most">The most rows that are listed.</param>
    /// <returns>Number of rows that are listed, in ascending order.</returns>
    public static int Next(float* matrix, int columns, nint stride, ref int row, int lastRow, int* rows, int most)
    {
        int count = 0;
        for (; row < lastRow && count < most; row++)
        {
            if (!IsZero(matrix + (row * stride), columns))
            {
                rows[count++] = row;
            }
        }

        return count;
    }

    /// <summary>Length of the run of neighbouring rows in a list.</summary>
    /// <param name="rows">Row numbers in ascending order.</param>
    /// <param name="first">Index of the first of the run.</param>
    /// <param name="count">Number of row numbers.</param>
    public static int Run(int* rows, int first, int count)
    {
        int last = first + 1;
        while (last < count && rows[last] == rows[last - 1] + 1)
        {
            last++;
        }

        return last - first;
    }

    /// <summary>True if all numbers are zeros, of either sign.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="count">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool IsZero(float* values, nint count)
    {
        nint i = 0;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            if (!Vector256.EqualsAll(Vector256.Load(values + i), Vector256<float>.Zero))
            {
                return false;
            }
        }

        for (; i < count; i++)
        {
            if (values[i] != 0)
            {
                return false;
            }
        }

        return true;
    }
}
