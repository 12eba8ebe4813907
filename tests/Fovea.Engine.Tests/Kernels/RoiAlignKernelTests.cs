using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class RoiAlignKernelTests
{
    private const int Batch = 2;
    private static readonly (int Height, int Width, float Scale)[] _maps = [(13, 9, 0.5f), (7, 5, 0.25f)];

    public static TheoryData<int, bool, int> Options() => new MatrixTheoryData<int, bool, int>([0, 1, 2, 3], [false, true], [1, 3, 8, 45]);

    [Theory]
    [MemberData(nameof(Options))]
    public void Pooled_regions_agree_with_the_twin_in_any_grouping(int samplingRatio, bool aligned, int channels)
    {
        using Problem problem = new(samplingRatio, aligned, channels);
        using GuardedMemory output = GuardedMemory.Random(problem.Pooled, 5);
        PartGrouping.AssertNoInfluence(problem.Geometry.Regions, (first, last) => problem.Run(output, first, last), output);
        double[] expected = new double[output.Length];
        problem.ForEachTap((level, input, result, weight) => expected[result] += weight * problem.Maps[level][input]);
        output.AssertNear(expected, 4e-6, $"{problem.Geometry}");
    }

    [Theory]
    [MemberData(nameof(Options))]
    public void The_gradient_scatters_the_same_weights_in_any_grouping(int samplingRatio, bool aligned, int channels)
    {
        using Problem problem = new(samplingRatio, aligned, channels);
        using GuardedMemory upstream = GuardedMemory.Random(problem.Pooled, 6);
        double[][] expected = [.. problem.Maps.Select(map => new double[map.Length])];
        problem.ForEachTap((level, input, result, weight) => expected[level][input] += weight * upstream[result]);
        PartGrouping.AssertNoInfluence(
            RoiAlignKernel.GradientParts(problem.Geometry), (first, last) => problem.Gradient(upstream, first, last), problem.Maps);
        for (int level = 0; level < expected.Length; level++)
        {
            problem.Maps[level].AssertNear(expected[level], 6e-6, $"level {level} of {problem.Geometry}");
        }
    }

    [Fact]
    public void A_region_that_is_no_part_of_an_image_is_empty()
    {
        float[][] regions =
        [
            [-1, 1, 1, 5, 5], [Batch, 1, 1, 5, 5], [float.NaN, 1, 1, 5, 5], [0, float.NaN, 1, 5, 5], [0, 1, 1, float.PositiveInfinity, 5],
            [0, 1, 1, 5, 3e30f], [0, 5, 5, 5, 5], [0, 8, 8, 2, 2],
        ];
        using Problem problem = new(0, aligned: true, 3, [.. regions.SelectMany(region => region)], [.. regions.Select(_ => 0)]);
        using GuardedMemory output = GuardedMemory.Random(problem.Pooled, 5);
        problem.Run(output, 0, regions.Length);
        Assert.All(output.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_level_that_does_not_exist_is_empty()
    {
        using Problem problem = new(2, aligned: false, 3, [0, 1, 1, 9, 9, 0, 1, 1, 9, 9], [-1, 2]);
        using GuardedMemory output = GuardedMemory.Random(problem.Pooled, 5);
        problem.Run(output, 0, 2);
        Assert.All(output.ToArray(), value => Assert.Equal(0, value));
    }

    /// <summary>Regions on two levels: inside, across every border, tiny, empty, larger than the image, outside of it.</summary>
    private sealed class Problem : IDisposable
    {
        private readonly GuardedMemory _regions;
        private readonly GuardedMemory _scratch;
        private readonly int[] _chosen;

        public Problem(int samplingRatio, bool aligned, int channels, float[]? regions = null, int[]? chosen = null)
        {
            regions ??=
            [
                0, 1.3f, 2.2f, 15.7f, 11.9f,
                1, 0, 0, 17.9f, 25.9f,
                0, -6.5f, -3.25f, 7.5f, 9,
                1, 14, 10.5f, 40, 30,
                1, 3.4f, 6.1f, 4, 6.4f,
                -1, 1, 2, 9, 9,
                0, -20, -30, 60, 70,
                1, 30, 44, 50, 60,
            ];
            _chosen = chosen ?? [0, 1, 0, 1, 0, 1, 1, 0];
            Geometry = new RoiAlignGeometry(Batch, channels, _chosen.Length, 3, 4, samplingRatio, aligned);
            Maps = [.. _maps.Select((map, i) => GuardedMemory.Random(Batch * map.Height * map.Width * channels, i + 1))];
            _regions = new GuardedMemory(regions);
            _scratch = new GuardedMemory(RoiTaps.ScratchFloats(Geometry, 13));
        }

        public RoiAlignGeometry Geometry { get; }

        public GuardedMemory[] Maps { get; }

        public int Pooled => Geometry.Regions * Geometry.Height * Geometry.Width * Geometry.Channels;

        public void Run(GuardedMemory output, int first, int last)
        {
            fixed (int* chosen = _chosen)
            {
                RoiAlignKernel.Run(Geometry, Levels(), _regions, chosen, output, first, last, _scratch);
            }
        }

        public void Gradient(GuardedMemory upstream, int first, int last)
        {
            fixed (int* chosen = _chosen)
            {
                RoiAlignKernel.Gradient(Geometry, Levels(), _regions, chosen, upstream, first, last, _scratch);
            }
        }

        /// <summary>The samples of every bin, one after another, and for each of them the four pixels that it lies between.</summary>
        public void ForEachTap(Action<int, int, int, double> visit)
        {
            for (int region = 0; region < Geometry.Regions; region++)
            {
                (int height, int width, float scale) = _maps[_chosen[region]];
                ReadOnlySpan<float> box = _regions.Span.Slice(5 * region, 5);
                float offset = Geometry.Aligned ? 0.5f : 0;
                (float left, float top) = ((box[1] * scale) - offset, (box[2] * scale) - offset);
                (float right, float bottom) = ((box[3] * scale) - offset, (box[4] * scale) - offset);
                float least = Geometry.Aligned ? float.NegativeInfinity : 1;
                (float wide, float high) = (Math.Max(right - left, least), Math.Max(bottom - top, least));
                int rowSamples = Geometry.SamplingRatio > 0 ? Geometry.SamplingRatio : (int)Math.Ceiling(high / Geometry.Height);
                int columnSamples = Geometry.SamplingRatio > 0 ? Geometry.SamplingRatio : (int)Math.Ceiling(wide / Geometry.Width);
                for (int bin = 0; bin < Geometry.Height * Geometry.Width && box[0] >= 0; bin++)
                {
                    (int row, int column) = Math.DivRem(bin, Geometry.Width);
                    for (int sample = 0; sample < rowSamples * columnSamples; sample++)
                    {
                        (int i, int j) = Math.DivRem(sample, columnSamples);
                        double y = top + ((row + ((i + 0.5) / rowSamples)) * high / Geometry.Height);
                        double x = left + ((column + ((j + 0.5) / columnSamples)) * wide / Geometry.Width);
                        if (y < -1 || y > height || x < -1 || x > width)
                        {
                            continue;
                        }

                        (y, x) = (Math.Clamp(y, 0, height - 1), Math.Clamp(x, 0, width - 1));
                        for (int corner = 0; corner < 4; corner++)
                        {
                            int h = (int)y + (corner / 2);
                            int w = (int)x + (corner % 2);
                            double weight = (1 - Math.Abs(y - h)) * (1 - Math.Abs(x - w)) / (rowSamples * columnSamples);
                            for (int c = 0; c < Geometry.Channels && weight > 0; c++)
                            {
                                int input = (((((int)box[0] * height) + h) * width) + w) * Geometry.Channels;
                                int result = ((region * Geometry.Height * Geometry.Width) + bin) * Geometry.Channels;
                                visit(_chosen[region], input + c, result + c, weight);
                            }
                        }
                    }
                }
            }
        }

        public void Dispose()
        {
            foreach (GuardedMemory map in Maps)
            {
                map.Dispose();
            }

            _regions.Dispose();
            _scratch.Dispose();
        }

        private RoiLevel[] Levels() =>
        [
            .. Maps.Select((map, i) =>
                new RoiLevel { Map = map, Height = _maps[i].Height, Width = _maps[i].Width, Scale = _maps[i].Scale }),
        ];
    }
}
