using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class WinogradConvolutionKernelTests
{
    private static readonly int[] _tiles = [2, 4];

    private static IEnumerable<ConvolutionGeometry> Geometries =>
        from size in Enumerable.Range(1, 15)
        from padding in new[] { 0, 1 }
        where size + 2 * padding >= 3
        select new ConvolutionGeometry(
            1 + size % 3, size, 1 + (size * 7 + 2) % 15 + 2 * (1 - padding), 1 + size * 11 % 40, 1 + size * 29 % 40, Kernel: 3,
            Padding: padding);

    private static IEnumerable<ConvolutionGeometry> StridedGeometries =>
        from size in Enumerable.Range(1, 24)
        from kernel in new[] { 3, 4 }
        let padding = size * kernel % 3
        where size + 2 * padding >= kernel
        select new ConvolutionGeometry(
            1 + size % 3, size, Math.Max(1 + (size * 7 + 2) % 23, kernel - 2 * padding), 8 * (1 + size % 5), 1 + size * 29 % 40, kernel,
            Stride: 2, padding);

    [Fact]
    public void A_convolution_of_stride_two_agrees_with_its_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in StridedGeometries)
        {
            using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
            using GuardedMemory input = GuardedMemory.Random(
                (long)geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
            double[] expected = Twin(geometry, input, weights);
            foreach ((int blockTiles, int groupPanels) in new[] { (6, 1), (12, 2), (100, 9) })
            {
                Check(new WinogradGeometry(geometry, 4, blockTiles, groupPanels), input, weights, expected, default);
            }
        }
    }

    [Fact]
    public void A_convolution_agrees_with_its_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in Geometries)
        {
            using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
            using GuardedMemory input = GuardedMemory.Random(
                (long)geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
            double[] expected = Twin(geometry, input, weights);
            foreach (int tile in _tiles)
            {
                foreach ((int blockTiles, int groupPanels) in new[] { (6, 1), (12, 2), (100, 9) })
                {
                    WinogradGeometry winograd = new(geometry, tile, blockTiles, groupPanels);
                    Check(winograd, input, weights, expected, default);
                }
            }
        }
    }

    [Fact]
    public void Images_of_zeros_give_the_bias()
    {
        ConvolutionGeometry geometry = new(3, 6, 6, 5, 21, Kernel: 3, Padding: 1);
        using GuardedMemory input = GuardedMemory.Random(geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
        input.Span[..(2 * geometry.Height * geometry.Width * geometry.Channels)].Clear();
        using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
        using GuardedMemory bias = GuardedMemory.Random(geometry.Outputs, 3);
        double[] expected = Twin(geometry, input, weights);
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] += bias[i % geometry.Outputs];
        }

        EpilogueArguments epilogue = new() { Bias = bias.Pointer };
        Check(new WinogradGeometry(geometry, 2, BlockTiles: 6, GroupPanels: 1), input, weights, expected, epilogue);
    }

    [Fact]
    public void Every_epilogue_is_applied_in_order_and_inside_the_output()
    {
        ConvolutionGeometry geometry = new(2, 7, 9, 5, 21, Kernel: 3, Padding: 1);
        int outputs = geometry.OutputPixels * geometry.Outputs;
        using GuardedMemory input = GuardedMemory.Random(geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
        using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
        using GuardedMemory bias = GuardedMemory.Random(geometry.Outputs, 3);
        using GuardedMemory scale = GuardedMemory.Random(geometry.Outputs, 4);
        using GuardedMemory shift = GuardedMemory.Random(geometry.Outputs, 5);
        using GuardedMemory before = GuardedMemory.Random(outputs, 6);
        using GuardedMemory after = GuardedMemory.Random(outputs, 7);
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
                Check(new WinogradGeometry(geometry, _tiles[choice % 2], 12, 1), input, weights, expected, epilogue);
            }
        }
    }

    [Fact]
    public void Small_tiles_are_as_exact_as_a_direct_convolution_and_large_ones_not_much_less()
    {
        AssertErrors(new(1, 12, 12, 128, 16, Kernel: 3, Padding: 1), (2, 1.25), (4, 3.5));
        AssertErrors(new(1, 40, 40, 128, 16, Kernel: 3, Stride: 2, Padding: 1), (4, 3.5));
        AssertErrors(new(1, 40, 40, 128, 16, Kernel: 4, Stride: 2, Padding: 1), (4, 3.5));
    }

    [Fact]
    public void Large_tiles_are_chosen_for_large_maps_small_ones_for_few_pixels_and_none_for_few_channels()
    {
        Assert.Equal(4, Cut(new(8, 56, 56, 64, 64, Kernel: 3, Padding: 1))?.Tile);
        Assert.Equal(4, Cut(new(1, 14, 14, 256, 256, Kernel: 3, Padding: 1))?.Tile);
        Assert.Equal(4, Cut(new(8, 7, 7, 512, 512, Kernel: 3, Padding: 1))?.Tile);
        Assert.Equal(2, Cut(new(1, 7, 7, 512, 512, Kernel: 3, Padding: 1))?.Tile);
        Assert.Null(Cut(new(8, 56, 56, 3, 32, Kernel: 3, Padding: 1)));
        Assert.Equal(4, Cut(new(8, 56, 56, 128, 128, Kernel: 3, Stride: 2, Padding: 1))?.Tile);
        Assert.Equal(4, Cut(new(8, 56, 56, 96, 96, Kernel: 4, Stride: 2, Padding: 1))?.Tile);
        Assert.Null(Cut(new(1, 14, 14, 512, 512, Kernel: 3, Stride: 2, Padding: 1)));
        Assert.Null(Cut(new(8, 56, 56, 12, 64, Kernel: 3, Stride: 2, Padding: 1)));
        Assert.Null(Cut(new(8, 56, 56, 64, 64, Kernel: 3, Stride: 3, Padding: 1)));
        Assert.Null(Cut(new(8, 56, 56, 64, 64, Kernel: 3, Padding: 2, Dilation: 2)));
        Assert.Null(Cut(new(8, 56, 56, 64, 64, Kernel: 5, Padding: 2)));

        // Weights that change are transformed in every run, and are those of training.
        Assert.Equal(2, Cut(new(8, 14, 14, 256, 256, Kernel: 3, Padding: 1), weightsChange: true)?.Tile);
        Assert.Null(Cut(new(1, 7, 7, 512, 512, Kernel: 3, Padding: 1), weightsChange: true));
        Assert.Null(Cut(new(8, 56, 56, 128, 128, Kernel: 3, Stride: 2, Padding: 1), weightsChange: true));
    }

    [Fact]
    public void The_input_gradient_agrees_with_its_twin_for_any_padding_that_leaves_a_convolution()
    {
        foreach (int padding in new[] { 0, 1, 2 })
        {
            ConvolutionGeometry geometry = new(3, 15, 14, 40, 37, Kernel: 3, Padding: padding);
            using GuardedMemory outputGradient = GuardedMemory.Random(geometry.OutputPixels * geometry.Outputs, 1);
            using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
            using GuardedMemory gradient = new(geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, float.NaN);
            double[] expected = new double[gradient.Length];
            ConvolutionKernelTests.ForEachTap(geometry, (i, w, o) => expected[i] += (double)outputGradient[o] * weights[w]);
            Run(
                WinogradGeometry.OfInputGradient(geometry, weightsChange: true)!.Value, outputGradient, weights, gradient, default,
                reversed: true);
            MatMulTwin.AssertClose(
                expected, gradient, geometry.Channels, geometry.Channels, 9 * 9 * geometry.Outputs, $"{geometry}");
        }

        Assert.Null(WinogradGeometry.OfInputGradient(new(3, 15, 14, 40, 37, Kernel: 3, Padding: 3), weightsChange: false));
        Assert.Null(WinogradGeometry.OfInputGradient(new(3, 15, 14, 40, 37, Kernel: 3, Stride: 2, Padding: 1), weightsChange: false));
    }

    [Fact]
    public void Blocks_cover_all_tiles_and_give_several_threads_work()
    {
        foreach (int batch in new[] { 1, 3, 8 })
        {
            foreach ((int size, int channels) in new[] { (56, 64), (28, 128), (14, 256), (7, 512), (13, 40) })
            {
                WinogradGeometry geometry = Cut(new(batch, size, size, channels, channels, Kernel: 3, Padding: 1))!.Value;
                Assert.True(geometry.Blocks * geometry.BlockTiles >= geometry.Tiles, $"{geometry}");
                Assert.True((geometry.Blocks - 1) * geometry.BlockTiles < geometry.Tiles, $"{geometry}");
                Assert.True(WinogradConvolutionKernel.Parts(geometry) > 1, $"{geometry}");
            }
        }
    }

    private static void AssertErrors(ConvolutionGeometry geometry, params (int Tile, double Factor)[] bounds)
    {
        using GuardedMemory input = GuardedMemory.Random(geometry.Height * geometry.Width * geometry.Channels, 1);
        using GuardedMemory weights = GuardedMemory.Random(geometry.Outputs * geometry.PatchLength, 2);
        using GuardedMemory output = new(geometry.OutputPixels * geometry.Outputs);
        using GuardedMemory packed = new(ConvolutionKernel.PackedLength(geometry));
        using GuardedMemory scratch = new(ConvolutionKernel.ScratchFloats(geometry));
        double[] expected = Twin(geometry, input, weights);
        ConvolutionKernel.Pack(geometry, weights, packed, 0, ConvolutionKernel.PackParts(geometry));
        ConvolutionKernel.Forward(geometry, input, packed, output, default, 0, ConvolutionKernel.Parts(geometry), scratch);
        double direct = RootMeanSquare(output, expected);
        foreach ((int tile, double factor) in bounds)
        {
            Run(WinogradGeometry.Blocked(geometry, tile), input, weights, output, default);
            double winograd = RootMeanSquare(output, expected);
            Assert.True(winograd < factor * direct, $"error of tiles of {tile}: {winograd:g3}, of the direct convolution {direct:g3}");
        }
    }

    private static void Check(in WinogradGeometry geometry, float* input, float* weights, double[] expected, EpilogueArguments epilogue)
    {
        using GuardedMemory output = new(geometry.Convolution.OutputPixels * geometry.Convolution.Outputs, float.NaN);
        Run(geometry, input, weights, output, epilogue);
        MatMulTwin.AssertClose(
            expected, output, geometry.Convolution.Outputs, geometry.Convolution.Outputs, 9 * geometry.Convolution.PatchLength,
            $"{geometry}");
    }

    // All at once, then part by part from the last.
    private static void Run(
        WinogradGeometry geometry, float* input, float* weights, GuardedMemory output, EpilogueArguments epilogue, bool reversed = false)
    {
        using GuardedMemory packed = new(WinogradConvolutionKernel.PackedLength(geometry), float.NaN);
        using GuardedMemory scratch = new(WinogradConvolutionKernel.ScratchFloats(geometry), float.NaN);
        PartGrouping.AssertNoInfluence(
            WinogradConvolutionKernel.PackParts(geometry),
            (first, last) => WinogradConvolutionKernel.Pack(geometry, weights, reversed, packed, first, last),
            packed);
        PartGrouping.AssertNoInfluence(
            WinogradConvolutionKernel.Parts(geometry),
            (first, last) => WinogradConvolutionKernel.Forward(geometry, input, packed, output, epilogue, first, last, scratch),
            output);
    }

    private static WinogradGeometry? Cut(in ConvolutionGeometry convolution, bool weightsChange = false) =>
        WinogradGeometry.Of(in convolution, weightsChange);

    private static double RootMeanSquare(GuardedMemory actual, double[] expected) =>
        Math.Sqrt(expected.Select((value, index) => Math.Pow(value - actual[index], 2)).Average());

    private static double[] Twin(in ConvolutionGeometry geometry, float* input, float* weights)
    {
        double[] expected = new double[geometry.OutputPixels * geometry.Outputs];
        ConvolutionKernelTests.ForEachTap(geometry, (i, w, o) => expected[o] += (double)input[i] * weights[w]);
        return expected;
    }
}
