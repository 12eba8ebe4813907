using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class MatMulKernelTests
{
    private static readonly int[] _sizes = [1, 2, 5, 6, 7, 8, 13, 15, 16, 17, 31, 46, 165];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_product_of_any_size_and_transposition_agrees_with_its_twin(bool leftTransposed, bool rightTransposed)
    {
        foreach (int rows in _sizes)
        {
            foreach (int columns in _sizes)
            {
                foreach (int depth in (int[])[1, 3, 16, 46])
                {
                    Check(rows, columns, depth, leftTransposed, rightTransposed);
                }
            }
        }
    }

    [Theory]
    [InlineData(101, 50, 1541)]
    [InlineData(7, 33, 2050)]
    [InlineData(300, 20, 773)]
    [InlineData(640, 17, 64)]
    [InlineData(1, 100, 700)]
    public void A_product_over_several_blocks_agrees_with_its_twin(int rows, int columns, int depth)
    {
        Check(rows, columns, depth, leftTransposed: false, rightTransposed: true);
        Check(rows, columns, depth, leftTransposed: true, rightTransposed: false);
    }

    [Fact]
    public void Every_combination_of_epilogue_steps_agrees_with_its_twin()
    {
        const int rows = 17;
        foreach ((int columns, int depth) in ((int, int)[])[(16, 9), (16, 773), (37, 9), (37, 773)])
        {
            using GuardedMemory left = GuardedMemory.Random(rows * depth, 1);
            using GuardedMemory right = GuardedMemory.Random(depth * columns, 2);
            using GuardedMemory bias = GuardedMemory.Random(columns, 3);
            using GuardedMemory before = GuardedMemory.Random(rows * columns, 4);
            using GuardedMemory scale = GuardedMemory.Random(columns, 5);
            using GuardedMemory shift = GuardedMemory.Random(columns, 6);
            using GuardedMemory after = GuardedMemory.Random(rows * columns, 7);
            using GuardedMemory packed = Pack(right, columns, 1, depth, columns);
            foreach (ActivationKind activation in Enum.GetValues<ActivationKind>())
            {
                for (int steps = 0; steps < 32; steps++)
                {
                    EpilogueArguments epilogue = new()
                    {
                        Bias = (steps & 1) != 0 ? bias.Pointer : null,
                        ResidualBefore = (steps & 2) != 0 ? before.Pointer : null,
                        Activation = activation,
                        Scale = (steps & 4) != 0 ? scale.Pointer : null,
                        Shift = (steps & 8) != 0 ? shift.Pointer : null,
                        ResidualAfter = (steps & 16) != 0 ? after.Pointer : null,
                    };
                    using GuardedMemory result = new(rows * columns);
                    MatMulArguments product = new()
                    {
                        Rows = rows,
                        Columns = columns,
                        Depth = depth,
                        Left = left.Pointer,
                        LeftStride = depth,
                        PackedRight = packed.Pointer,
                        Result = result.Pointer,
                        ResultStride = columns,
                        Epilogue = epilogue,
                    };
                    MatMulKernel.Multiply(in product, 0, MatMulKernel.Parts(rows, columns), null);
                    double[] expected = MatMulTwin.Multiply(left.Pointer, depth, 1, right.Pointer, columns, 1, rows, columns, depth);
                    MatMulTwin.Finish(expected, columns, columns, in epilogue);
                    MatMulTwin.AssertClose(expected, result.Pointer, columns, columns, depth, $"{activation}, steps {steps}");
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_product_replaces_what_stood_in_the_result_or_is_added_to_it(bool accumulate)
    {
        const int rows = 23;
        foreach ((int columns, int depth) in ((int, int)[])[(16, 20), (48, 400), (21, 20), (21, 700)])
        {
            using GuardedMemory left = GuardedMemory.Random(rows * depth, 1);
            using GuardedMemory right = GuardedMemory.Random(depth * columns, 2);
            using GuardedMemory packed = Pack(right, 1, depth, depth, columns);
            using GuardedMemory result = GuardedMemory.Random(rows * columns, 3);
            double[] expected = MatMulTwin.Multiply(left.Pointer, depth, 1, right.Pointer, 1, depth, rows, columns, depth);
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] += accumulate ? result.Span[i] : 0;
            }

            MatMulArguments product = new()
            {
                Rows = rows,
                Columns = columns,
                Depth = depth,
                Left = left.Pointer,
                LeftStride = depth,
                PackedRight = packed.Pointer,
                Result = result.Pointer,
                ResultStride = columns,
                Accumulate = accumulate,
            };
            MatMulKernel.Multiply(in product, 0, MatMulKernel.Parts(rows, columns), null);
            MatMulTwin.AssertClose(expected, result.Pointer, columns, columns, depth, $"accumulate {accumulate}");
        }
    }

    [Theory]
    [InlineData(3, 100, 700, false)]
    [InlineData(50, 400, 46, true)]
    [InlineData(97, 33, 350, false)]
    [InlineData(200, 17, 650, true)]
    [InlineData(601, 40, 64, false)]
    public void The_bits_are_the_same_however_the_parts_are_grouped(int rows, int columns, int depth, bool leftTransposed)
    {
        using GuardedMemory left = GuardedMemory.Random(rows * depth, 1);
        using GuardedMemory right = GuardedMemory.Random(depth * columns, 2);
        using GuardedMemory packed = Pack(right, columns, 1, depth, columns);
        using GuardedMemory scratch = new(MatMulKernel.ScratchFloats(depth, leftTransposed));
        using GuardedMemory together = new(rows * columns);
        using GuardedMemory apart = new(rows * columns);
        MatMulArguments product = new()
        {
            Rows = rows,
            Columns = columns,
            Depth = depth,
            Left = left.Pointer,
            LeftStride = leftTransposed ? rows : depth,
            LeftTransposed = leftTransposed,
            PackedRight = packed.Pointer,
            ResultStride = columns,
            Result = together.Pointer,
        };
        int parts = MatMulKernel.Parts(rows, columns);
        MatMulKernel.Multiply(in product, 0, parts, scratch.Pointer);
        foreach (int group in (int[])[1, 2, 5])
        {
            apart.Span.Clear();
            product.Result = apart.Pointer;
            for (int part = 0; part < parts; part += group)
            {
                MatMulKernel.Multiply(in product, part, Math.Min(part + group, parts), scratch.Pointer);
            }

            Assert.True(together.Span.SequenceEqual(apart.Span), $"Groups of {group} parts give other bits.");
        }
    }

    private static void Check(int rows, int columns, int depth, bool leftTransposed, bool rightTransposed)
    {
        // Rows lie further apart than they are long, and what lies between them must stay.
        int leftStride = (leftTransposed ? rows : depth) + 3;
        int rightStride = (rightTransposed ? depth : columns) + 5;
        int resultStride = columns + 2;
        using GuardedMemory left = GuardedMemory.Random(leftStride * (leftTransposed ? depth : rows), 1);
        using GuardedMemory right = GuardedMemory.Random(rightStride * (rightTransposed ? columns : depth), 2);
        using GuardedMemory packed = Pack(right, rightTransposed ? 1 : rightStride, rightTransposed ? rightStride : 1, depth, columns);
        using GuardedMemory scratch = new(MatMulKernel.ScratchFloats(depth, leftTransposed));
        using GuardedMemory result = new(resultStride * rows);
        result.Span.Fill(77);
        MatMulArguments product = new()
        {
            Rows = rows,
            Columns = columns,
            Depth = depth,
            Left = left.Pointer,
            LeftStride = leftStride,
            LeftTransposed = leftTransposed,
            PackedRight = packed.Pointer,
            Result = result.Pointer,
            ResultStride = resultStride,
        };
        MatMulKernel.Multiply(in product, 0, MatMulKernel.Parts(rows, columns), scratch.Pointer);
        double[] expected = MatMulTwin.Multiply(
            left.Pointer, leftTransposed ? 1 : leftStride, leftTransposed ? leftStride : 1,
            right.Pointer, rightTransposed ? 1 : rightStride, rightTransposed ? rightStride : 1, rows, columns, depth);
        MatMulTwin.AssertClose(expected, result.Pointer, columns, resultStride, depth, $"{rows}x{depth}->{columns}");
        for (int row = 0; row < rows; row++)
        {
            Assert.Equal([77f, 77f], result.Span.Slice(row * resultStride + columns, 2));
        }
    }

    private static GuardedMemory Pack(GuardedMemory right, nint depthStride, nint columnStride, int depth, int columns)
    {
        GuardedMemory packed = new(PanelPacking.PackedLength(depth, columns));
        PanelPacking.Pack(right.Pointer, depthStride, columnStride, depth, columns, packed.Pointer, 0, PanelPacking.Panels(columns));
        return packed;
    }
}
