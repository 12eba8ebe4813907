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
        foreach (var (batch, rows, columns, depth) in shapes)
        {
            foreach (var shared in (bool[])[false, true])
            {
                Check(batch, rows, columns, depth, leftTransposed, rightTransposed, shared);
            }
        }
    }

    private static void Check(int batch, int rows, int columns, int depth, bool leftTransposed, bool rightTransposed, bool shared)
    {
        using var left = GuardedMemory.Random(batch * rows * depth, 1);
        using var right = GuardedMemory.Random(batch * depth * columns, 2);
        using var residual = GuardedMemory.Random(batch * rows * columns, 3);
        using var bias = GuardedMemory.Random(columns, 4);
        using var result = new GuardedMemory(batch * rows * columns);
        using var scratch = new GuardedMemory(BatchedMatMulKernel.ScratchFloats(columns, depth, leftTransposed));
        var batched = new BatchedMatMulArguments
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
        var parts = BatchedMatMulKernel.Parts(batch, rows);
        BatchedMatMulKernel.Multiply(in batched, 0, parts, scratch.Pointer);
        for (var element = 0; element < batch; element++)
        {
            var expected = MatMulTwin.Multiply(
                left.Pointer + element * rows * depth, leftTransposed ? 1 : depth, leftTransposed ? rows : 1,
                right.Pointer + element * batched.RightBatchStride, rightTransposed ? 1 : columns, rightTransposed ? depth : 1,
                rows, columns, depth);
            var epilogue = batched.Product.Epilogue;
            epilogue.ResidualBefore += element * rows * columns;
            MatMulTwin.Finish(expected, columns, columns, in epilogue);
            var actual = result.Pointer + element * rows * columns;
            MatMulTwin.AssertClose(expected, actual, columns, columns, depth, $"product {element} of {batch}");
        }

        var together = result.Span.ToArray();
        foreach (var group in (int[])[1, 3])
        {
            result.Span.Clear();
            for (var part = 0; part < parts; part += group)
            {
                BatchedMatMulKernel.Multiply(in batched, part, Math.Min(part + group, parts), scratch.Pointer);
            }

            Assert.True(result.Span.SequenceEqual(together), $"Groups of {group} parts give other bits.");
        }
    }
}
