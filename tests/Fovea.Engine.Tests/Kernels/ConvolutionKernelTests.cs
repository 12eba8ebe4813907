using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class ConvolutionKernelTests
{
    internal static readonly ConvolutionGeometry[] Geometries =
    [
        new(2, 5, 7, 3, 5, Kernel: 1),
        new(1, 6, 6, 17, 33, Kernel: 1, Stride: 2),
        new(1, 4, 5, 3, 4, Kernel: 1, Padding: 1),
        new(2, 8, 6, 3, 16, Kernel: 2, Stride: 2),
        new(1, 9, 10, 5, 7, Kernel: 4, Stride: 4),
        new(2, 7, 9, 3, 17, Kernel: 3, Padding: 1),
        new(1, 7, 8, 1, 6, Kernel: 3, Stride: 2, Padding: 1),
        new(1, 12, 11, 40, 20, Kernel: 3, Padding: 1),
        new(2, 9, 9, 9, 8, Kernel: 3, Stride: 1, Padding: 2, Dilation: 2),
        new(1, 11, 10, 4, 3, Kernel: 3, Stride: 2, Padding: 3, Dilation: 3),
        new(1, 15, 13, 3, 10, Kernel: 7, Stride: 2, Padding: 3),
        new(1, 3, 2, 2, 3, Kernel: 5, Padding: 2),
        new(1, 3, 3, 2, 3, Kernel: 2, Padding: 3),
        new(3, 20, 20, 16, 24, Kernel: 3, Padding: 1),
    ];

    [Fact]
    public void A_convolution_agrees_with_its_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in Geometries)
        {
            using GuardedMemory input = GuardedMemory.Random(InputFloats(geometry), 1);
            using GuardedMemory weights = GuardedMemory.Random(WeightFloats(geometry), 2);
            using GuardedMemory bias = GuardedMemory.Random(geometry.Outputs, 3);
            using GuardedMemory residual = GuardedMemory.Random(OutputFloats(geometry), 4);
            using GuardedMemory packed = new(ConvolutionKernel.PackedLength(geometry));
            using GuardedMemory scratch = new(ConvolutionKernel.ScratchFloats(geometry));
            using GuardedMemory output = new(OutputFloats(geometry));
            ConvolutionKernel.Pack(geometry, weights.Pointer, packed.Pointer, 0, ConvolutionKernel.PackParts(geometry));
            EpilogueArguments epilogue = new()
            {
                Bias = bias.Pointer,
                Activation = ActivationKind.Relu,
                ResidualAfter = residual.Pointer,
            };
            int parts = ConvolutionKernel.Parts(geometry);
            ConvolutionKernel.Forward(geometry, input.Pointer, packed.Pointer, output.Pointer, epilogue, 0, parts, scratch.Pointer);

            double[] expected = new double[OutputFloats(geometry)];
            ForEachTap(geometry, (i, w, o) => expected[o] += (double)input.Pointer[i] * weights.Pointer[w]);
            MatMulTwin.Finish(expected, geometry.Outputs, geometry.Outputs, in epilogue);
            MatMulTwin.AssertClose(expected, output.Pointer, geometry.Outputs, geometry.Outputs, geometry.PatchLength, $"{geometry}");

            float[] together = output.Span.ToArray();
            output.Span.Clear();
            for (int part = 0; part < parts; part++)
            {
                ConvolutionKernel.Forward(
                    geometry, input.Pointer, packed.Pointer, output.Pointer, epilogue, part, part + 1, scratch.Pointer);
            }

            Assert.True(output.Span.SequenceEqual(together), $"{geometry}: one part at a time gives other bits.");
        }
    }

    [Fact]
    public void The_input_gradient_agrees_with_its_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in Geometries)
        {
            using GuardedMemory weights = GuardedMemory.Random(WeightFloats(geometry), 2);
            using GuardedMemory outputGradient = GuardedMemory.Random(OutputFloats(geometry), 3);
            using GuardedMemory packed = new(ConvolutionInputGradientKernel.PackedLength(geometry));
            using GuardedMemory scratch = new(ConvolutionInputGradientKernel.ScratchFloats(geometry));
            using GuardedMemory gradient = GuardedMemory.Random(InputFloats(geometry), 4);
            for (int part = 0; part < ConvolutionInputGradientKernel.PackParts(geometry); part++)
            {
                ConvolutionInputGradientKernel.Pack(geometry, weights.Pointer, packed.Pointer, part, part + 1);
            }

            int parts = ConvolutionInputGradientKernel.Parts(geometry);
            ConvolutionInputGradientKernel.Run(
                geometry, outputGradient.Pointer, packed.Pointer, gradient.Pointer, 0, parts, scratch.Pointer);

            double[] expected = new double[InputFloats(geometry)];
            ForEachTap(geometry, (i, w, o) => expected[i] += (double)outputGradient.Pointer[o] * weights.Pointer[w]);
            int depth = geometry.Kernel * geometry.Kernel * geometry.Outputs;
            MatMulTwin.AssertClose(expected, gradient.Pointer, geometry.Channels, geometry.Channels, depth, $"{geometry}");

            float[] together = gradient.Span.ToArray();
            gradient.Span.Fill(float.NaN);
            for (int part = 0; part < parts; part++)
            {
                ConvolutionInputGradientKernel.Run(
                    geometry, outputGradient.Pointer, packed.Pointer, gradient.Pointer, part, part + 1, scratch.Pointer);
            }

            Assert.True(gradient.Span.SequenceEqual(together), $"{geometry}: one part at a time gives other bits.");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_weight_gradient_agrees_with_its_twin_in_any_grouping_also_where_some_pixels_have_a_gradient_alone(int every)
    {
        foreach (ConvolutionGeometry geometry in Geometries)
        {
            using GuardedMemory input = GuardedMemory.Random(InputFloats(geometry), 1);
            using GuardedMemory outputGradient = GuardedMemory.Random(OutputFloats(geometry), 3);
            for (int pixel = 0; pixel < geometry.OutputPixels; pixel++)
            {
                if (pixel % every != 0)
                {
                    outputGradient.Span.Slice(pixel * geometry.Outputs, geometry.Outputs).Clear();
                }
            }

            using GuardedMemory gradient = new(WeightFloats(geometry));
            using GuardedMemory partials = new(ConvolutionWeightGradientKernel.PartialFloats(geometry));
            using GuardedMemory scratch = new(ConvolutionWeightGradientKernel.ScratchFloats(geometry));
            int parts = ConvolutionWeightGradientKernel.Parts(geometry);
            int mergeParts = ConvolutionWeightGradientKernel.MergeParts(geometry);
            ConvolutionWeightGradientKernel.Run(
                geometry, input.Pointer, outputGradient.Pointer, gradient.Pointer, partials.Pointer, 0, parts, scratch.Pointer);
            ConvolutionWeightGradientKernel.Merge(geometry, gradient.Pointer, partials.Pointer, 0, mergeParts);

            double[] expected = new double[WeightFloats(geometry)];
            ForEachTap(geometry, (i, w, o) => expected[w] += (double)input.Pointer[i] * outputGradient.Pointer[o]);
            MatMulTwin.AssertClose(
                expected, gradient.Pointer, geometry.PatchLength, geometry.PatchLength, geometry.OutputPixels, $"{geometry}");

            float[] together = gradient.Span.ToArray();
            for (int part = 0; part < parts; part++)
            {
                ConvolutionWeightGradientKernel.Run(
                    geometry, input.Pointer, outputGradient.Pointer, gradient.Pointer, partials.Pointer, part, part + 1, scratch.Pointer);
            }

            ConvolutionWeightGradientKernel.Merge(geometry, gradient.Pointer, partials.Pointer, 0, mergeParts);
            Assert.True(gradient.Span.SequenceEqual(together), $"{geometry}: one part at a time gives other bits.");
        }
    }

    private static int InputFloats(in ConvolutionGeometry g) => g.Batch * g.Height * g.Width * g.Channels;

    private static int WeightFloats(in ConvolutionGeometry g) => g.Outputs * g.PatchLength;

    private static int OutputFloats(in ConvolutionGeometry g) => g.OutputPixels * g.Outputs;

    // The definition of convolution: every (input, weight, output) that meet, by their offsets.
    internal static void ForEachTap(ConvolutionGeometry g, Action<int, int, int> visit)
    {
        for (int pixel = 0; pixel < g.OutputPixels; pixel++)
        {
            (int line, int outputX) = Math.DivRem(pixel, g.OutputWidth);
            (int image, int outputY) = Math.DivRem(line, g.OutputHeight);
            for (int tap = 0; tap < g.Kernel * g.Kernel; tap++)
            {
                int y = outputY * g.Stride - g.Padding + tap / g.Kernel * g.Dilation;
                int x = outputX * g.Stride - g.Padding + tap % g.Kernel * g.Dilation;
                if (y < 0 || y >= g.Height || x < 0 || x >= g.Width)
                {
                    continue;
                }

                int source = ((image * g.Height + y) * g.Width + x) * g.Channels;
                for (int channel = 0; channel < g.Channels; channel++)
                {
                    for (int output = 0; output < g.Outputs; output++)
                    {
                        visit(source + channel, output * g.PatchLength + tap * g.Channels + channel, pixel * g.Outputs + output);
                    }
                }
            }
        }
    }
}
