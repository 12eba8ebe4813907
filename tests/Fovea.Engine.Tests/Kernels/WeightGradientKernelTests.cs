using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class WeightGradientKernelTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 5, 17)]
    [InlineData(255, 16, 31)]
    [InlineData(513, 46, 15)]
    [InlineData(2300, 7, 33)]
    [InlineData(300, 100, 700)]
    public void A_weight_gradient_agrees_with_its_twin_in_any_grouping(int rows, int outputs, int inputs) =>
        Check(rows, outputs, inputs, hasGradient: _ => true);

    [Theory]
    [InlineData(513, 46, 15)]
    [InlineData(2300, 7, 33)]
    [InlineData(300, 100, 700)]
    public void Rows_without_gradient_add_nothing_to_that_of_the_weights(int rows, int outputs, int inputs)
    {
        Check(rows, outputs, inputs, row => row % 7 is 2 or 3 or 5);
        Check(rows, outputs, inputs, row => row > 40 && row < 90);
        Check(rows, outputs, inputs, row => row == rows - 1);
        Check(rows, outputs, inputs, hasGradient: _ => false);
    }

    private static void Check(int rows, int outputs, int inputs, Func<int, bool> hasGradient)
    {
        const int extra = 3;
        using GuardedMemory outputGradient = GuardedMemory.Random(rows * (outputs + extra), 1);
        for (int row = 0; row < rows; row++)
        {
            if (!hasGradient(row))
            {
                outputGradient.Span.Slice(row * (outputs + extra), outputs).Clear();
            }
        }

        using GuardedMemory input = GuardedMemory.Random(rows * (inputs + extra), 2);
        using GuardedMemory gradient = new(outputs * inputs, float.NaN);
        using GuardedMemory partials = new(WeightGradientKernel.PartialFloats(rows, outputs, inputs));
        using GuardedMemory scratch = new(WeightGradientKernel.ScratchFloats(inputs));
        WeightGradientArguments arguments = new()
        {
            Rows = rows,
            Outputs = outputs,
            Inputs = inputs,
            OutputGradient = outputGradient.Pointer,
            OutputGradientStride = outputs + extra,
            Gradient = gradient.Pointer,
            Partials = partials.Pointer,
        };
        int parts = WeightGradientKernel.Parts(rows, outputs, inputs);
        int mergeParts = WeightGradientKernel.MergeParts(rows, outputs, inputs);
        WeightGradientKernel.Run(in arguments, input.Pointer, inputs + extra, 0, parts, scratch.Pointer);
        WeightGradientKernel.Merge(in arguments, 0, mergeParts);
        double[] expected = MatMulTwin.Multiply(
            outputGradient.Pointer, 1, outputs + extra, input.Pointer, inputs + extra, 1, outputs, inputs, rows);
        MatMulTwin.AssertClose(expected, gradient.Pointer, inputs, inputs, rows, $"{outputs}x{inputs} over {rows}");

        float[] together = gradient.Span.ToArray();
        gradient.Span.Clear();
        for (int part = 0; part < parts; part++)
        {
            WeightGradientKernel.Run(in arguments, input.Pointer, inputs + extra, part, part + 1, scratch.Pointer);
        }

        for (int part = 0; part < mergeParts; part++)
        {
            WeightGradientKernel.Merge(in arguments, part, part + 1);
        }

        Assert.True(gradient.Span.SequenceEqual(together), "One part at a time gives other bits.");
    }
}
