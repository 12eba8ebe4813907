using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class PixelBlockedConvolutionKernelTests
{
    private static readonly ConvolutionGeometry[] _geometries =
    [
        new(1, 40, 43, 3, 8, Kernel: 32, Stride: 4, Padding: 14),
        new(2, 36, 41, 3, 12, Kernel: 32, Stride: 4, Padding: 14),
        new(1, 30, 60, 3, 12, Kernel: 16, Stride: 4, Padding: 6),
        new(2, 24, 53, 3, 8, Kernel: 16, Stride: 4, Padding: 6),
        new(2, 31, 29, 3, 24, Kernel: 8, Stride: 4, Padding: 2),
        new(3, 16, 19, 1, 5, Kernel: 4, Stride: 4),
        new(1, 13, 18, 3, 1, Kernel: 4, Stride: 1, Padding: 3),
        new(2, 9, 11, 1, 1, Kernel: 9, Stride: 1, Padding: 4),
        new(1, 14, 9, 3, 4, Kernel: 5, Stride: 2, Padding: 2),
        new(1, 9, 50, 1, 4, Kernel: 6, Stride: 3, Padding: 1),
        new(2, 7, 17, 5, 10, Kernel: 3, Stride: 2, Padding: 1),
        new(1, 11, 12, 2, 33, Kernel: 3, Stride: 2, Padding: 2),
        new(1, 12, 7, 9, 16, Kernel: 3, Stride: 1, Padding: 1),
        new(2, 8, 9, 4, 48, Kernel: 2, Stride: 3, Padding: 1),
        new(1, 9, 8, 6, 6, Kernel: 1, Stride: 2),
        new(1, 3, 2, 2, 3, Kernel: 5, Padding: 2),
        new(1, 1, 1, 3, 12, Kernel: 8, Stride: 4, Padding: 7),
    ];

    [Fact]
    public void A_convolution_agrees_with_its_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            using GuardedMemory input = GuardedMemory.Random(
                (long)geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
            using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
            double[] expected = Twin(geometry, input, weights);
            foreach (int rows in new[] { 1, 3, 64 })
            {
                Check(new PixelBlockedGeometry(geometry, rows), input, weights, expected, default);
            }

            Check(PixelBlockedGeometry.Joined(geometry), input, weights, expected, default);
        }
    }

    [Fact]
    public void Every_epilogue_is_applied_in_order_and_inside_the_output()
    {
        // The last group of a row is whole, or hangs over by some or by most of its pixels.
        foreach ((int width, int outputs) in new[] { (12, 8), (7, 12), (9, 5) })
        {
            ConvolutionGeometry geometry = new(2, 6, width, 2, outputs, Kernel: 4, Stride: 1, Padding: 2);
            using GuardedMemory input = GuardedMemory.Random(geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
            using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
            using GuardedMemory bias = GuardedMemory.Random(geometry.Outputs, 3);
            using GuardedMemory scale = GuardedMemory.Random(geometry.Outputs, 4);
            using GuardedMemory shift = GuardedMemory.Random(geometry.Outputs, 5);
            using GuardedMemory before = GuardedMemory.Random(geometry.OutputPixels * geometry.Outputs, 6);
            using GuardedMemory after = GuardedMemory.Random(geometry.OutputPixels * geometry.Outputs, 7);
            foreach (ActivationKind activation in Enum.GetValues<ActivationKind>())
            {
                for (int choice = 0; choice < 32; choice++)
                {
                    EpilogueArguments epilogue = new()
                    {
                        Activation = activation,
                        Bias = (choice & 1) == 0 ? null : bias.Pointer,
                        Scale = (choice & 2) == 0 ? null : scale.Pointer,
                        Shift = (choice & 4) == 0 ? null : shift.Pointer,
                        ResidualBefore = (choice & 8) == 0 ? null : before.Pointer,
                        ResidualAfter = (choice & 16) == 0 ? null : after.Pointer,
                    };
                    double[] expected = Twin(geometry, input, weights);
                    MatMulTwin.Finish(expected, geometry.Outputs, geometry.Outputs, in epilogue);
                    Check(new PixelBlockedGeometry(geometry, 2), input, weights, expected, epilogue);
                }
            }
        }
    }

    [Fact]
    public void Panels_of_a_group_need_hardly_more_taps_than_a_window()
    {
        PixelBlockedGeometry eight = PixelBlockedGeometry.Joined(new(1, 224, 224, 3, 8, Kernel: 32, Stride: 4, Padding: 14));
        Assert.Equal((2, 1, 28), (eight.Pixels, eight.Panels, eight.Groups));
        Assert.Equal(36 * 3, eight.Depth(0));

        PixelBlockedGeometry twelve = PixelBlockedGeometry.Joined(new(1, 224, 224, 3, 12, Kernel: 32, Stride: 4, Padding: 14));
        Assert.Equal((4, 3, 14), (twelve.Pixels, twelve.Panels, twelve.Groups));
        Assert.All(Enumerable.Range(0, 3), panel => Assert.Equal(36 * 3, twelve.Depth(panel)));
    }

    [Fact]
    public void Pixels_are_joined_where_that_saves_work_and_fits_the_caches()
    {
        foreach (int batch in new[] { 1, 8 })
        {
            foreach (bool weightsChange in new[] { false, true })
            {
                Assert.NotNull(PixelBlocked(new(batch, 224, 224, 3, 12, Kernel: 32, Stride: 4, Padding: 14), weightsChange));
                Assert.NotNull(PixelBlocked(new(batch, 224, 224, 3, 8, Kernel: 16, Stride: 4, Padding: 6), weightsChange));
                Assert.NotNull(PixelBlocked(new(batch, 224, 224, 3, 24, Kernel: 8, Stride: 4, Padding: 2), weightsChange));
                Assert.Null(PixelBlocked(new(batch, 224, 224, 3, 96, Kernel: 4, Stride: 4), weightsChange));
                Assert.Null(PixelBlocked(new(batch, 14, 14, 256, 512, Kernel: 3, Stride: 2, Padding: 1), weightsChange));
            }
        }

        // Weights that change are packed in every run, which few pixels do not make up for.
        Assert.NotNull(PixelBlocked(new(1, 7, 7, 64, 8, Kernel: 5, Padding: 2)));
        Assert.Null(PixelBlocked(new(1, 7, 7, 64, 8, Kernel: 5, Padding: 2), weightsChange: true));

        // Windows with gaps, windows that may miss the image, and single pixels.
        Assert.Null(PixelBlocked(new(1, 56, 56, 3, 8, Kernel: 8, Dilation: 2)));
        Assert.Null(PixelBlocked(new(1, 56, 56, 3, 8, Kernel: 8, Padding: 8)));
        Assert.Null(PixelBlocked(new(1, 56, 56, 3, 8, Kernel: 1)));
    }

    [Fact]
    public void Parts_give_several_threads_work()
    {
        foreach ((int size, int kernel) in new[] { (224, 32), (224, 16), (96, 8), (100, 7) })
        {
            PixelBlockedGeometry geometry = PixelBlockedGeometry.Joined(
                new(1, size, size, 3, 12, kernel, Stride: 4, Padding: kernel / 2 - 2));
            Assert.True(PixelBlockedConvolutionKernel.Parts(geometry) >= 12, $"{geometry}");
        }
    }

    private static PixelBlockedGeometry? PixelBlocked(in ConvolutionGeometry convolution, bool weightsChange = false) =>
        PixelBlockedGeometry.Of(in convolution, weightsChange);

    // All at once, then part by part from the last. The memory around the input holds no numbers, nor does scratch.
    private static void Check(PixelBlockedGeometry geometry, float* input, float* weights, double[] expected, EpilogueArguments epilogue)
    {
        ConvolutionGeometry convolution = geometry.Convolution;
        using GuardedMemory packed = new(PixelBlockedConvolutionKernel.PackedLength(geometry), float.NaN);
        using GuardedMemory scratch = new(PixelBlockedConvolutionKernel.ScratchFloats(geometry), float.NaN);
        using GuardedMemory output = new(convolution.OutputPixels * convolution.Outputs, float.NaN);
        PartGrouping.AssertNoInfluence(
            PixelBlockedConvolutionKernel.PackParts(geometry),
            (first, last) => PixelBlockedConvolutionKernel.Pack(geometry, weights, packed, first, last), packed);
        PartGrouping.AssertNoInfluence(
            PixelBlockedConvolutionKernel.Parts(geometry),
            (first, last) => PixelBlockedConvolutionKernel.Forward(geometry, input, packed, output, epilogue, first, last, scratch),
            output);
        MatMulTwin.AssertClose(expected, output, convolution.Outputs, convolution.Outputs, convolution.PatchLength, $"{geometry}");
    }

    private static double[] Twin(in ConvolutionGeometry geometry, float* input, float* weights)
    {
        double[] expected = new double[geometry.OutputPixels * geometry.Outputs];
        ConvolutionKernelTests.ForEachTap(geometry, (i, w, o) => expected[o] += (double)input[i] * weights[w]);
        return expected;
    }
}
