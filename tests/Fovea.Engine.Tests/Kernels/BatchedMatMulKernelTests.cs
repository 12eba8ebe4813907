using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class BatchedMatMulKernelTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Every_product_of_a_batch_agrees_with_its_twin_in_any_grouping(bool leftTransposed, bool rightTransposed)
    {
        (int, int, int, int)[] shapes = [(1, 1, 1, 1), (3, 7, 17, 5), (4, 49, 49, 46), (2, 13, 64, 330)];
        foreach ((int batch, int rows, int columns, int depth) in shapes)
        {
            foreach (bool shared in (bool[])[false, true])
            {
                Check(batch, rows, columns, depth, leftTransposed, rightTransposed, shared);
            }
        }
    }

    private static void Check(int batch, int rows, int columns, int depth, bool leftTransposed, bool rightTransposed, bool shared)
    {
        using GuardedMemory left = GuardedMemory.Random(batch * rows * depth, 1);
        using GuardedMemory right = GuardedMemory.Random(batch * depth * columns, 2);
        using GuardedMemory residual = GuardedMemory.Random(batch * rows * columns, 3);
        using GuardedMemory bias = GuardedMemory.Random(columns, 4);
        using GuardedMemory result = new(batch * rows * columns);
        using GuardedMemory scratch = new(BatchedMatMulKernel.ScratchFloats(columns, depth, leftTransposed));
        BatchedMatMulArguments batched = new()
        {
            Batch = batch,
            Product = new MatMulArguments
            {
                Rows = rows,
                Columns = columns,
                Depth = depth,
                Left = left.Pointer,
                LeftStride = leftTransposed ? rows : depth,
                LeftTransposed = leftTransposed,
                Result = result.Pointer,
                ResultStride = columns,
                Epilogue = new EpilogueArguments
                {
                    Bias = bias.Pointer,
                    ResidualBefore = residual.Pointer,
                    Activation = ActivationKind.Relu,
                },
            },
            Right = right.Pointer,
            RightStride = rightTransposed ? depth : columns,
            RightTransposed = rightTransposed,
            LeftBatchStride = rows * depth,
            RightBatchStride = shared ? 0 : depth * columns,
            ResultBatchStride = rows * columns,
        };
        int parts = BatchedMatMulKernel.Parts(batch, rows);
        BatchedMatMulKernel.Multiply(in batched, 0, parts, scratch.Pointer);
        for (int element = 0; element < batch; element++)
        {
            double[] expected = MatMulTwin.Multiply(
                left.Pointer + element * rows * depth, leftTransposed ? 1 : depth, leftTransposed ? rows : 1,
                right.Pointer + element * batched.RightBatchStride, rightTransposed ? 1 : columns, rightTransposed ? depth : 1,
                rows, columns, depth);
            EpilogueArguments epilogue = batched.Product.Epilogue;
            epilogue.ResidualBefore += element * rows * columns;
            MatMulTwin.Finish(expected, columns, columns, in epilogue);
            float* actual = result.Pointer + element * rows * columns;
            MatMulTwin.AssertClose(expected, actual, columns, columns, depth, $"product {element} of {batch}");
        }

        float[] together = result.Span.ToArray();
        foreach (int group in (int[])[1, 3])
        {
            result.Span.Clear();
            for (int part = 0; part < parts; part += group)
            {
                BatchedMatMulKernel.Multiply(in batched, part, Math.Min(part + group, parts), scratch.Pointer);
            }

            Assert.True(result.Span.SequenceEqual(together), $"Groups of {group} parts give other bits.");
        }
    }
}
