using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class TransposeKernelTests
{
    [Fact]
    public void Rows_become_columns_at_any_size_and_stride()
    {
        foreach (int rows in (int[])[1, 7, 8, 17, 64])
        {
            foreach (int columns in (int[])[1, 5, 8, 23, 80, 131])
            {
                int sourceStride = columns + 3;
                int targetStride = rows + 1;
                using GuardedMemory source = GuardedMemory.Random(rows * sourceStride, 1);
                using GuardedMemory target = new(columns * targetStride);
                TransposeKernel.Transpose(source.Pointer, sourceStride, rows, columns, target.Pointer, targetStride);
                for (int row = 0; row < rows; row++)
                {
                    for (int column = 0; column < columns; column++)
                    {
                        Assert.Equal(source.Span[row * sourceStride + column], target.Span[column * targetStride + row]);
                    }
                }

                for (int column = 0; column < columns; column++)
                {
                    Assert.Equal(0, target.Span[column * targetStride + rows]);
                }
            }
        }
    }
}
