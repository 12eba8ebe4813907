using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class WinogradWeightGradientKernelTests
{
    private static IEnumerable<ConvolutionGeometry> Geometries =>
        from size in Enumerable.Range(1, 20)
        from padding in new[] { 0, 1, 2 }
        where size + 2 * padding >= 3
        select new ConvolutionGeometry(
            1 + size % 5, size, 1 + (size * 7 + 2) % 15 + 2 * (1 - Math.Min(padding, 1)), 1 + size * 11 % 40, 1 + size * 29 % 40, Kernel: 3,
            Padding: padding);

    [Fact]
    public void The_weight_gradient_agrees_with_its_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in
            Geometries.Append(new(8, 33, 30, 24, 20, Kernel: 3, Padding: 1)).Append(new(2, 12, 12, 130, 140, Kernel: 3, Padding: 1)))
        {
            using GuardedMemory input = GuardedMemory.Random(InputFloats(in geometry), 1);
            using GuardedMemory outputGradient = GuardedMemory.Random(geometry.OutputPixels * geometry.Outputs, 2);
            double[] expected = Twin(in geometry, input, outputGradient);
            using GuardedMemory gradient = Run(geometry, input, outputGradient);
            MatMulTwin.AssertClose(
                expected, gradient, geometry.PatchLength, geometry.PatchLength, 9 * geometry.OutputPixels, $"{geometry}");
        }
    }

    [Fact]
    public void Images_without_a_gradient_add_nothing()
    {
        ConvolutionGeometry geometry = new(6, 20, 21, 24, 20, Kernel: 3, Padding: 1);
        using GuardedMemory input = GuardedMemory.Random(InputFloats(in geometry), 1);
        using GuardedMemory outputGradient = GuardedMemory.Random(geometry.OutputPixels * geometry.Outputs, 2);
        int image = geometry.OutputPixels * geometry.Outputs / geometry.Batch;
        outputGradient.Span[image..(5 * image)].Clear();
        double[] expected = Twin(in geometry, input, outputGradient);
        using (GuardedMemory gradient = Run(geometry, input, outputGradient))
        {
            MatMulTwin.AssertClose(
                expected, gradient, geometry.PatchLength, geometry.PatchLength, 9 * geometry.OutputPixels, "two images of six");
        }

        outputGradient.Span.Clear();
        using GuardedMemory zeros = Run(geometry, input, outputGradient);
        Assert.Equal(-1, zeros.Span.IndexOfAnyExcept(0f));
    }

    [Fact]
    public void It_is_about_as_exact_as_the_direct_product()
    {
        ConvolutionGeometry geometry = new(4, 32, 32, 32, 16, Kernel: 3, Padding: 1);
        using GuardedMemory input = GuardedMemory.Random(InputFloats(in geometry), 1);
        using GuardedMemory outputGradient = GuardedMemory.Random(geometry.OutputPixels * geometry.Outputs, 2);
        double[] expected = Twin(in geometry, input, outputGradient);
        using GuardedMemory direct = new(expected.Length);
        using GuardedMemory partials = new(ConvolutionWeightGradientKernel.PartialFloats(in geometry));
        using GuardedMemory scratch = new(ConvolutionWeightGradientKernel.ScratchFloats(in geometry));
        ConvolutionWeightGradientKernel.Run(
            in geometry, input, outputGradient, direct, partials, 0, ConvolutionWeightGradientKernel.Parts(in geometry), scratch);
        ConvolutionWeightGradientKernel.Merge(
            in geometry, direct, partials, 0, ConvolutionWeightGradientKernel.MergeParts(in geometry));
        using GuardedMemory winograd = Run(geometry, input, outputGradient);
        Assert.InRange(Error(winograd, expected), 0, 2 * Error(direct, expected));
    }

    [Fact]
    public void It_is_chosen_for_3x3_convolutions_of_many_channels_and_pixels_only()
    {
        Assert.True(WinogradWeightGradientKernel.IsFaster(new(64, 16, 16, 48, 48, Kernel: 3, Padding: 1)));
        Assert.True(WinogradWeightGradientKernel.IsFaster(new(2, 50, 68, 256, 256, Kernel: 3, Padding: 1)));
        Assert.False(WinogradWeightGradientKernel.IsFaster(new(64, 16, 16, 8, 8, Kernel: 3, Padding: 1)));
        Assert.False(WinogradWeightGradientKernel.IsFaster(new(2, 7, 7, 512, 512, Kernel: 3, Padding: 1)));
        Assert.False(WinogradWeightGradientKernel.IsFaster(new(64, 16, 16, 48, 48, Kernel: 3, Stride: 2, Padding: 1)));
        Assert.False(WinogradWeightGradientKernel.IsFaster(new(64, 16, 16, 48, 48, Kernel: 3, Padding: 2, Dilation: 2)));
        Assert.False(WinogradWeightGradientKernel.IsFaster(new(64, 16, 16, 48, 48, Kernel: 5, Padding: 2)));
    }

    private static int InputFloats(in ConvolutionGeometry geometry) =>
        geometry.Batch * geometry.Height * geometry.Width * geometry.Channels;

    private static double Error(GuardedMemory actual, double[] expected) =>
        Math.Sqrt(expected.Select((value, index) => Math.Pow(value - actual[index], 2)).Average());

    // All at once, then part by part from the last.
    private static GuardedMemory Run(ConvolutionGeometry geometry, GuardedMemory input, GuardedMemory outputGradient)
    {
        GuardedMemory gradient = new(geometry.Outputs * geometry.PatchLength, float.NaN);
        using GuardedMemory partials = new(WinogradWeightGradientKernel.PartialFloats(in geometry), float.NaN);
        using GuardedMemory scratch = new(WinogradWeightGradientKernel.ScratchFloats(in geometry), float.NaN);
        PartGrouping.AssertNoInfluence(
            WinogradWeightGradientKernel.Parts(in geometry),
            (first, last) =>
            {
                WinogradWeightGradientKernel.Run(geometry, input, outputGradient, partials, first, last, scratch);
                WinogradWeightGradientKernel.Merge(
                    geometry, gradient, partials, 0, WinogradWeightGradientKernel.MergeParts(in geometry));
            },
            gradient);
        PartGrouping.AssertNoInfluence(
            WinogradWeightGradientKernel.MergeParts(in geometry),
            (first, last) => WinogradWeightGradientKernel.Merge(geometry, gradient, partials, first, last),
            gradient);
        return gradient;
    }

    private static double[] Twin(in ConvolutionGeometry geometry, float* input, float* outputGradient)
    {
        double[] expected = new double[geometry.Outputs * geometry.PatchLength];
        ConvolutionKernelTests.ForEachTap(geometry, (i, w, o) => expected[w] += (double)input[i] * outputGradient[o]);
        return expected;
    }
}
