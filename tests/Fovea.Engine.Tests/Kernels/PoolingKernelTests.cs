using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class PoolingKernelTests
{
    private static readonly ConvolutionGeometry[] _geometries =
    [
        new(1, 1, 1, 1, 1, Kernel: 1),
        new(2, 7, 9, 3, 3, Kernel: 3, Stride: 2, Padding: 1),
        new(1, 8, 6, 64, 64, Kernel: 3, Stride: 2, Padding: 1),
        new(3, 6, 5, 13, 13, Kernel: 2, Stride: 2),
        new(2, 5, 5, 8, 8, Kernel: 3, Padding: 1),
        new(2, 7, 7, 21, 21, Kernel: 7),
        new(1, 4, 3, 2, 2, Kernel: 2, Padding: 1),
        new(2, 9, 10, 5, 5, Kernel: 5, Stride: 3, Padding: 2),
    ];

    [Fact]
    public void The_largest_under_each_window_agrees_with_the_twin_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            using GuardedMemory input = Coarse(geometry);
            using GuardedMemory output = new(OutputFloats(geometry));
            InGroups(output, PoolingKernel.Parts(geometry), $"{geometry}", (first, last) =>
                PoolingKernel.Maximum(geometry, input.Pointer, output.Pointer, first, last));
            foreach ((int result, int[] taps) in Windows(geometry))
            {
                Assert.Equal(taps.Max(tap => input.Span[tap]), output.Span[result]);
            }
        }
    }

    [Fact]
    public void What_is_not_a_number_wins_the_maximum()
    {
        ConvolutionGeometry geometry = new(1, 3, 3, 9, 9, Kernel: 3);
        for (int i = 0; i < 81; i++)
        {
            using GuardedMemory input = GuardedMemory.Random(81, 1);
            using GuardedMemory output = new(9);
            input.Span[i] = float.NaN;
            PoolingKernel.Maximum(geometry, input.Pointer, output.Pointer, 0, 1);
            Assert.Equal(i % 9, output.Span.IndexOf(float.NaN));
        }
    }

    [Fact]
    public void The_gradient_of_a_maximum_goes_to_the_first_of_equal_pixels_in_any_grouping()
    {
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            using GuardedMemory input = Coarse(geometry);
            using GuardedMemory gradient = GuardedMemory.Random(OutputFloats(geometry), 2);
            using GuardedMemory result = GuardedMemory.Random(input.Length, 3);
            InGroups(result, PoolingKernel.GradientParts(geometry), $"{geometry}", (first, last) =>
                PoolingKernel.MaximumGradient(geometry, input.Pointer, gradient.Pointer, result.Pointer, first, last));
            double[] expected = new double[input.Length];
            foreach ((int output, int[] taps) in Windows(geometry))
            {
                expected[taps.MaxBy(tap => input.Span[tap])] += gradient.Span[output];
            }

            AssertClose(expected, result, $"{geometry}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mean_and_its_gradient_agree_with_their_twins_in_any_grouping(bool countPadding)
    {
        foreach (ConvolutionGeometry geometry in _geometries)
        {
            using GuardedMemory input = GuardedMemory.Random(
                (nint)geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
            using GuardedMemory output = new(OutputFloats(geometry));
            using GuardedMemory gradient = GuardedMemory.Random(output.Length, 2);
            using GuardedMemory result = GuardedMemory.Random(input.Length, 3);
            InGroups(output, PoolingKernel.Parts(geometry), $"{geometry}", (first, last) =>
                PoolingKernel.Average(geometry, countPadding, input.Pointer, output.Pointer, first, last));
            InGroups(result, PoolingKernel.GradientParts(geometry), $"gradient, {geometry}", (first, last) =>
                PoolingKernel.AverageGradient(geometry, countPadding, gradient.Pointer, result.Pointer, first, last));
            double[] means = new double[output.Length];
            double[] shares = new double[input.Length];
            foreach ((int window, int[] taps) in Windows(geometry))
            {
                double count = countPadding ? geometry.Kernel * geometry.Kernel : taps.Length;
                foreach (int tap in taps)
                {
                    means[window] += input.Span[tap] / count;
                    shares[tap] += gradient.Span[window] / count;
                }
            }

            AssertClose(means, output, $"{geometry}");
            AssertClose(shares, result, $"gradient, {geometry}");
        }
    }

    // Few different values, so that windows hold equal ones.
    private static GuardedMemory Coarse(ConvolutionGeometry geometry)
    {
        GuardedMemory input = GuardedMemory.Random((nint)geometry.Batch * geometry.Height * geometry.Width * geometry.Channels, 1);
        foreach (ref float value in input.Span)
        {
            value = MathF.Round(3 * value) - 4;
        }

        return input;
    }

    private static int OutputFloats(ConvolutionGeometry geometry) => geometry.OutputPixels * geometry.Channels;

    // Each result and the elements of the map under its window, in scan order.
    private static IEnumerable<(int Output, int[] Taps)> Windows(ConvolutionGeometry geometry)
    {
        for (int output = 0; output < OutputFloats(geometry); output++)
        {
            int channel = output % geometry.Channels;
            int column = output / geometry.Channels % geometry.OutputWidth;
            int row = output / geometry.Channels / geometry.OutputWidth % geometry.OutputHeight;
            int image = output / geometry.Channels / geometry.OutputWidth / geometry.OutputHeight;
            List<int> taps = [];
            for (int tap = 0; tap < geometry.Kernel * geometry.Kernel; tap++)
            {
                int h = row * geometry.Stride - geometry.Padding + tap / geometry.Kernel;
                int w = column * geometry.Stride - geometry.Padding + tap % geometry.Kernel;
                if (h >= 0 && h < geometry.Height && w >= 0 && w < geometry.Width)
                {
                    taps.Add(((image * geometry.Height + h) * geometry.Width + w) * geometry.Channels + channel);
                }
            }

            yield return (output, [.. taps]);
        }
    }

    private static void InGroups(GuardedMemory result, int parts, string what, Action<int, int> run)
    {
        run(0, parts);
        float[] together = result.Span.ToArray();
        foreach (int group in (int[])[2, 1])
        {
            result.Span.Fill(float.NaN);
            for (int part = 0; part < parts; part += group)
            {
                run(part, Math.Min(part + group, parts));
            }

            Assert.True(result.Span.SequenceEqual(together), $"{what}: groups of {group} parts give other bits.");
        }
    }

    private static void AssertClose(double[] expected, GuardedMemory actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual.Span[i]) < 3e-6, $"{what}: element {i} is {actual.Span[i]}, not {expected[i]}");
        }
    }
}
