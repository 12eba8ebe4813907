using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class DepthwiseKernelTests
{
    private static readonly ConvolutionGeometry[] _geometries =
    [
        .. from size in new (int Batch, int Height, int Width)[] { (2, 7, 7), (1, 3, 14), (1, 14, 4), (3, 1, 5), (1, 40, 29), (2, 6, 3) }
           from channels in new[] { 1, 3, 8, 11, 16, 46, 92, 150 }
           select new ConvolutionGeometry(size.Batch, size.Height, size.Width, channels, channels, 3, 1, 1),
        new(1, 9, 9, 300, 300, 3, 1, 1),
        new(1, 9, 9, 20, 20, 3, 1, 0),
        new(1, 9, 9, 20, 20, 3, 1, 2),
        new(2, 5, 6, 12, 12, 3, 1, 3),
        new(2, 9, 11, 13, 13, 3, 2, 1),
        new(2, 16, 24, 46, 46, 8, 8),
        new(1, 9, 7, 33, 33, 2, 2),
        new(1, 9, 8, 40, 40, 7, 1, 3),
        new(2, 9, 8, 10, 10, 5, 2, 2, 2),
        new(1, 12, 12, 9, 9, 3, 2, 3, 3),
        new(1, 12, 10, 9, 9, 3, 4, 0, 2),
        new(1, 13, 11, 9, 9, 4, 3, 1, 2),
        new(1, 15, 13, 9, 9, 4, 4, 2, 6),
        new(1, 9, 9, 9, 9, 2, 3),
        new(2, 5, 4, 17, 17, 1),
        new(1, 4, 4, 17, 17, 1, 3),
        new(1, 70, 30, 150, 150, 3, 1, 1),
        new(1, 60, 30, 70, 70, 3, 2, 1),
    ];

    [Fact]
    public void The_forward_pass_is_the_sum_over_the_window()
    {
        Random random = new(1);
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            using GuardedMemory input = new(InputLength(geometry), random);
            using GuardedMemory weights = new(geometry.PatchLength, random);
            using GuardedMemory output = new(OutputLength(geometry), float.NaN);
            using GuardedMemory scratch = new(DepthwiseConvolutionKernel.ScratchFloats(geometry), float.NaN);
            DepthwiseConvolutionKernel.Forward(
                geometry, input, weights, new EpilogueArguments(), output, 0, DepthwiseConvolutionKernel.Parts(geometry), scratch);
            scratch.AssertGuards();
            output.AssertNear(Forward(geometry, input, weights), 1e-5, geometry.ToString());
        }
    }

    [Fact]
    public void The_epilogue_runs_in_the_order_of_a_product()
    {
        Random random = new(2);
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            foreach (int steps in new[] { 1, 2, 4, 8, 16, 31 })
            {
                using GuardedMemory input = new(InputLength(geometry), random);
                using GuardedMemory weights = new(geometry.PatchLength, random);
                using GuardedMemory bias = new(geometry.Channels, random);
                using GuardedMemory scale = new(geometry.Channels, random);
                using GuardedMemory shift = new(geometry.Channels, random);
                using GuardedMemory before = new(OutputLength(geometry), random);
                using GuardedMemory after = new(OutputLength(geometry), random);
                using GuardedMemory output = new(OutputLength(geometry), float.NaN);
                using GuardedMemory scratch = new(DepthwiseConvolutionKernel.ScratchFloats(geometry), float.NaN);
                EpilogueArguments epilogue = new()
                {
                    Bias = (steps & 1) == 0 ? null : bias,
                    ResidualBefore = (steps & 2) == 0 ? null : before,
                    Activation = (steps & 4) == 0 ? ActivationKind.None : ActivationKind.Relu,
                    Scale = (steps & 8) == 0 ? null : scale,
                    Shift = (steps & 8) == 0 ? null : shift,
                    ResidualAfter = (steps & 16) == 0 ? null : after,
                };
                DepthwiseConvolutionKernel.Forward(
                    geometry, input, weights, epilogue, output, 0, DepthwiseConvolutionKernel.Parts(geometry), scratch);
                double[] expected = Forward(geometry, input, weights);
                for (int index = 0; index < expected.Length; index++)
                {
                    int channel = index % geometry.Channels;
                    double value = expected[index] + ((steps & 1) == 0 ? 0 : bias[channel]) + ((steps & 2) == 0 ? 0 : before[index]);
                    value = (steps & 4) == 0 ? value : Math.Max(value, 0);
                    value = (steps & 8) == 0 ? value : value * scale[channel] + shift[channel];
                    expected[index] = value + ((steps & 16) == 0 ? 0 : after[index]);
                }
                output.AssertNear(expected, 1e-5, $"{geometry}, steps {steps}");
            }
        }
    }

    [Fact]
    public void The_input_gradient_spreads_every_output_over_its_window()
    {
        Random random = new(3);
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            using GuardedMemory gradient = new(OutputLength(geometry), random);
            using GuardedMemory weights = new(geometry.PatchLength, random);
            using GuardedMemory inputGradient = new(InputLength(geometry), float.NaN);
            using GuardedMemory scratch = new(DepthwiseGradientKernel.InputScratchFloats(geometry), float.NaN);
            DepthwiseGradientKernel.Input(
                geometry, gradient, weights, inputGradient, 0, DepthwiseGradientKernel.InputParts(geometry), scratch);
            double[] expected = new double[InputLength(geometry)];
            foreach ((int output, int input, int weight) in Terms(geometry))
            {
                expected[input] += (double)gradient[output] * weights[weight];
            }
            scratch.AssertGuards();
            inputGradient.AssertNear(expected, 1e-5, geometry.ToString());
        }
    }

    [Fact]
    public void The_weight_gradient_sums_over_every_place_of_the_window()
    {
        Random random = new(4);
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            using GuardedMemory gradient = new(OutputLength(geometry), random);
            using GuardedMemory input = new(InputLength(geometry), random);
            using GuardedMemory partials = new(DepthwiseGradientKernel.WeightPartialFloats(geometry), float.NaN);
            using GuardedMemory weightGradient = new(geometry.PatchLength, float.NaN);
            using GuardedMemory scratch = new(DepthwiseGradientKernel.WeightScratchFloats(geometry), float.NaN);
            DepthwiseGradientKernel.Weights(geometry, input, gradient, partials, 0, DepthwiseGradientKernel.WeightParts(geometry), scratch);
            DepthwiseGradientKernel.MergeWeights(geometry, partials, weightGradient);
            double[] expected = new double[geometry.PatchLength];
            foreach ((int output, int source, int weight) in Terms(geometry))
            {
                expected[weight] += (double)gradient[output] * input[source];
            }
            scratch.AssertGuards();
            partials.AssertGuards();
            weightGradient.AssertNear(expected, 1e-4, geometry.ToString());
        }
    }

    [Fact]
    public void Bits_do_not_depend_on_how_parts_are_grouped()
    {
        Random random = new(5);
        ConvolutionGeometry[] geometries = [new(3, 40, 40, 70, 70, 3, 1, 1), new(3, 40, 41, 50, 50, 5, 2, 2)];
        foreach (ConvolutionGeometry geometry in geometries)
        {
            using GuardedMemory input = new(InputLength(geometry), random);
            using GuardedMemory weights = new(geometry.PatchLength, random);
            using GuardedMemory gradient = new(OutputLength(geometry), random);
            Assert.True(DepthwiseConvolutionKernel.Parts(geometry) > 2);
            Assert.True(DepthwiseGradientKernel.InputParts(geometry) > 2 && DepthwiseGradientKernel.WeightParts(geometry) > 2);
            AssertSameBits(
                DepthwiseConvolutionKernel.Parts(geometry), OutputLength(geometry), DepthwiseConvolutionKernel.ScratchFloats(geometry),
                (output, scratch, first, last) =>
                    DepthwiseConvolutionKernel.Forward(geometry, input, weights, new EpilogueArguments(), output, first, last, scratch));
            AssertSameBits(
                DepthwiseGradientKernel.InputParts(geometry), InputLength(geometry), DepthwiseGradientKernel.InputScratchFloats(geometry),
                (output, scratch, first, last) => DepthwiseGradientKernel.Input(geometry, gradient, weights, output, first, last, scratch));
            AssertSameBits(
                DepthwiseGradientKernel.WeightParts(geometry), DepthwiseGradientKernel.WeightPartialFloats(geometry),
                DepthwiseGradientKernel.WeightScratchFloats(geometry),
                (output, scratch, first, last) => DepthwiseGradientKernel.Weights(geometry, input, gradient, output, first, last, scratch));
        }
    }

    private static void AssertSameBits(int parts, long outputs, nint scratchFloats, Action<GuardedMemory, GuardedMemory, int, int> run)
    {
        using GuardedMemory together = new(outputs, float.NaN);
        using GuardedMemory apart = new(outputs, float.NaN);
        using GuardedMemory scratch = new(scratchFloats, float.NaN);
        run(together, scratch, 0, parts);
        for (int part = parts - 1; part >= 0; part--)
        {
            scratch.Span.Fill(float.NaN);
            run(apart, scratch, part, part + 1);
        }
        Assert.True(together.Span.SequenceEqual(apart.Span));
    }

    private static long InputLength(in ConvolutionGeometry geometry) =>
        (long)geometry.Batch * geometry.Height * geometry.Width * geometry.Channels;

    private static long OutputLength(in ConvolutionGeometry geometry) => (long)geometry.OutputPixels * geometry.Channels;

    private static double[] Forward(in ConvolutionGeometry geometry, GuardedMemory input, GuardedMemory weights)
    {
        double[] expected = new double[OutputLength(geometry)];
        foreach ((int output, int source, int weight) in Terms(geometry))
        {
            expected[output] += (double)input[source] * weights[weight];
        }
        return expected;
    }

    // Every product of the convolution's definition: which output, which input, which weight.
    private static IEnumerable<(int Output, int Input, int Weight)> Terms(ConvolutionGeometry geometry)
    {
        for (int image = 0; image < geometry.Batch; image++)
        {
            for (int row = 0; row < geometry.OutputHeight; row++)
            {
                for (int column = 0; column < geometry.OutputWidth; column++)
                {
                    for (int tap = 0; tap < geometry.Kernel * geometry.Kernel; tap++)
                    {
                        int y = row * geometry.Stride - geometry.Padding + tap / geometry.Kernel * geometry.Dilation;
                        int x = column * geometry.Stride - geometry.Padding + tap % geometry.Kernel * geometry.Dilation;
                        if (y < 0 || y >= geometry.Height || x < 0 || x >= geometry.Width)
                        {
                            continue;
                        }
                        for (int channel = 0; channel < geometry.Channels; channel++)
                        {
                            yield return (
                                ((image * geometry.OutputHeight + row) * geometry.OutputWidth + column) * geometry.Channels + channel,
                                ((image * geometry.Height + y) * geometry.Width + x) * geometry.Channels + channel,
                                tap * geometry.Channels + channel);
                        }
                    }
                }
            }
        }
    }
}
