using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class MicroKernelTests
{
    private const int Stride = 23;

    private delegate void Kernel(
        float* left, nint leftStride, int rows, float* right, nint depth, float* result, nint resultStride, bool resume);

    [Theory]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(512)]
    public void A_tile_of_every_width_agrees_with_its_twin_and_touches_no_other_row(int width)
    {
        Kernel kernel = width switch
        {
            128 => MicroKernel128.Multiply,
            512 => MicroKernel512.Multiply,
            _ => MicroKernel.Multiply,
        };
        foreach (int depth in new[] { 1, 2, 3, 7, 16, 65, 300 })
        {
            for (int rows = 1; rows <= MicroKernel.Rows; rows++)
            {
                foreach (bool resume in new[] { false, true })
                {
                    Check(kernel, rows, depth, resume);
                }
            }
        }
    }

    private static void Check(Kernel kernel, int rows, int depth, bool resume)
    {
        int leftStride = depth + 3;
        using GuardedMemory left = GuardedMemory.Random(rows * leftStride, 1);
        using GuardedMemory right = GuardedMemory.Random(depth * MicroKernel.Columns, 2);
        using GuardedMemory result = GuardedMemory.Random((rows + 1) * Stride, 3);
        using GuardedMemory before = result.Copy();
        kernel(left, leftStride, rows, right, depth, result, Stride, resume);
        for (int row = 0; row <= rows; row++)
        {
            for (int column = 0; column < Stride; column++)
            {
                bool inside = row < rows && column < MicroKernel.Columns;
                double expected = resume || !inside ? before[row * Stride + column] : 0;
                for (int k = 0; inside && k < depth; k++)
                {
                    expected += (double)left[row * leftStride + k] * right[k * MicroKernel.Columns + column];
                }

                Assert.Equal(expected, result[row * Stride + column], inside ? 1e-6 * Math.Sqrt(depth) + 1e-6 : 0);
            }
        }
    }
}
