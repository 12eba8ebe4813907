using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Lays the right operand of a matrix product out in panels of 16 columns: panel p holds, for every depth in turn, the 16 neighbouring
/// values of columns 16p to 16p+15, with zeros past the last column. The layout knows nothing of cache sizes, so that weights are packed
/// once and kept.
/// </summary>
internal static unsafe class PanelPacking
{
    /// <summary>Panels of a right operand with that many columns.</summary>
    public static int Panels(int columns) => (columns + MicroKernel.Columns - 1) / MicroKernel.Columns;

    /// <summary>Floats that the packed form of a right operand [depth, columns] takes.</summary>
    public static nint PackedLength(int depth, int columns) => (nint)Panels(columns) * MicroKernel.Columns * depth;

    /// <summary>
    /// Packs panels <paramref name="firstPanel"/> to <paramref name="lastPanel"/> (exclusive) of the matrix whose element (k, j) lies at
    /// source[k · depthStride + j · columnStride]. Weights kept as [outputs, inputs] have depthStride 1 and columnStride inputs.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(
        float* source, nint depthStride, nint columnStride, int depth, int columns, float* packed, int firstPanel, int lastPanel)
    {
        for (int panel = firstPanel; panel < lastPanel; panel++)
        {
            int column = panel * MicroKernel.Columns;
            int width = Math.Min(MicroKernel.Columns, columns - column);
            float* target = packed + (nint)panel * MicroKernel.Columns * depth;
            float* from = source + column * columnStride;
            if (width < MicroKernel.Columns)
            {
                new Span<float>(target, depth * MicroKernel.Columns).Clear();
            }

            if (depthStride == 1)
            {
                TransposeKernel.Transpose(from, columnStride, width, depth, target, MicroKernel.Columns);
            }
            else if (columnStride == 1 && width == MicroKernel.Columns)
            {
                CopyRows(from, depthStride, depth, target);
            }
            else
            {
                for (int k = 0; k < depth; k++)
                {
                    for (int j = 0; j < width; j++)
                    {
                        target[k * MicroKernel.Columns + j] = from[k * depthStride + j * columnStride];
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRows(float* source, nint stride, int depth, float* target)
    {
        for (int k = 0; k < depth; k++)
        {
            Vector256.Load(source).Store(target);
            Vector256.Load(source + 8).Store(target + 8);
            source += stride;
            target += MicroKernel.Columns;
        }
    }
}
