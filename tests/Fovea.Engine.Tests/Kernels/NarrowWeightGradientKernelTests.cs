using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class NarrowWeightGradientKernelTests
{
    private static readonly ConvolutionGeometry[] _geometries =
    [
        new(1, 3, 3, 1, 4, 2), new(3, 9, 7, 3, 5, 3, 1, 1), new(9, 12, 12, 8, 8, 3, 1, 1), new(2, 11, 10, 5, 7, 4, 2, 1),
        new(2, 8, 8, 16, 6, 2, 2, 0), new(1, 40, 40, 11, 9, 3, 1, 1), new(2, 17, 19, 3, 6, 7, 4, 3), new(1, 5, 5, 48, 128, 3, 1, 2),
    ];

    [Fact]
    public void The_gradient_agrees_with_its_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            Assert.True(NarrowWeightGradientKernel.IsFaster(geometry));
            int length = geometry.Outputs * geometry.PatchLength;
            using GuardedMemory input = GuardedMemory.Random(
                geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
            using GuardedMemory outputGradient = GuardedMemory.Random(geometry.OutputPixels * geometry.Outputs, 2);
            using GuardedMemory partials = new(NarrowWeightGradientKernel.PartialFloats(geometry), float.NaN);
            using GuardedMemory scratch = new(NarrowWeightGradientKernel.ScratchFloats(geometry), float.NaN);
            using GuardedMemory gradient = new(length, float.NaN);
            PartGrouping.AssertNoInfluence(
                NarrowWeightGradientKernel.Parts(geometry),
                (first, last) => NarrowWeightGradientKernel.Run(geometry, input, outputGradient, partials, first, last, scratch),
                partials);
            PartGrouping.AssertNoInfluence(
                NarrowWeightGradientKernel.MergeParts(geometry),
                (first, last) => NarrowWeightGradientKernel.Merge(geometry, gradient, partials, first, last),
                gradient);
            scratch.AssertGuards();
            partials.AssertGuards();
            gradient.AssertGuards();

            double[] expected = new double[length];
            ConvolutionKernelTests.ForEachTap(
                geometry, (i, w, o) => expected[w] += (double)input.Pointer[i] * outputGradient.Pointer[o]);
            MatMulTwin.AssertClose(
                expected, gradient.Pointer, geometry.PatchLength, geometry.PatchLength, geometry.OutputPixels, $"{geometry}");
        }
    }
}
