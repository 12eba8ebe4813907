using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class TransposeKernelTests
{
    [Fact]
    public void Rows_become_columns_at_any_size_and_stride()
    {
        foreach (var rows in (int[])[1, 7, 8, 17, 64])
        {
            foreach (var columns in (int[])[1, 5, 8, 23, 80, 131])
            {
                var sourceStride = columns + 3;
                var targetStride = rows + 1;
                using var source = GuardedMemory.Random(rows * sourceStride, 1);
                using var target = new GuardedMemory(columns * targetStride);
                TransposeKernel.Transpose(source.Pointer, sourceStride, rows, columns, target.Pointer, targetStride);
                for (var row = 0; row < rows; row++)
                {
                    for (var column = 0; column < columns; column++)
                    {
                        Assert.Equal(source.Span[row * sourceStride + column], target.Span[column * targetStride + row]);
                    }
                }

                for (var column = 0; column < columns; column++)
                {
                    Assert.Equal(0, target.Span[column * targetStride + rows]);
                }
            }
        }
    }
}
