using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

public sealed class RandomErasingTests
{
    private const float Before = 5;
    private const int Side = 40;

    private static readonly Preprocessing _input = new()
    {
        Height = Side,
        Width = Side,
        Resize = ResizeRule.None,
        Mean = [0, 0, 0],
        StandardDeviation = [1 / Before, 1 / Before, 1 / Before],
    };

    [Fact]
    public void Windows_are_as_frequent_and_as_large_as_asked()
    {
        double[] areas =
        [
            .. Erase(new RandomErasing(0.4), 3000).Select(values => values.Count(value => value == 0) / (double)values.Length),
        ];
        double[] erased = [.. areas.Where(area => area > 0)];
        Assert.Equal(0.4, erased.Length / 3000.0, 0.03);
        Assert.InRange(erased.Min(), 0.015, 0.03);
        Assert.InRange(erased.Max(), 0.3, 0.345);
        Assert.Equal((0.02 + (1.0 / 3)) / 2, erased.Average(), 0.012);
    }

    [Fact]
    public void Several_windows_share_the_area()
    {
        RandomErasing options = new(1) { MaxCount = 4, MinArea = 0.2, MaxArea = 0.2, MinRatio = 1, MaxRatio = 1 };
        int[] counts = [.. Erase(options, 300).Select(values => values.Count(value => value == 0) / 3)];

        // One window of 18×18, two of 13×13 or three of 10×10 or four of 9×9, which may overlap.
        Assert.Contains(18 * 18, counts);
        Assert.Contains(2 * 13 * 13, counts);
        Assert.Contains(3 * 10 * 10, counts);
        Assert.Contains(4 * 9 * 9, counts);
        Assert.All(counts, count => Assert.InRange(count, 81, 2 * 13 * 13));
    }

    [Fact]
    public void Values_are_normally_distributed_pixel_by_pixel()
    {
        List<float[]> images = Erase(new RandomErasing(1) { Fill = ErasingFill.Pixel }, 60);
        float[] drawn = [.. images.SelectMany(values => values).Where(value => value != Before)];
        Assert.Equal(0, drawn.Average(), 0.03);
        Assert.Equal(1, drawn.Average(value => value * value), 0.04);
        Assert.True(drawn.Distinct().Count() > drawn.Length * 0.99);
    }

    [Fact]
    public void One_colour_fills_a_window()
    {
        foreach (float[] values in Erase(new RandomErasing(1) { Fill = ErasingFill.Color }, 20))
        {
            Assert.Single(values.Chunk(3).Where(pixel => pixel[0] != Before).Select(pixel => (pixel[0], pixel[1], pixel[2])).Distinct());
        }
    }

    private static List<float[]> Erase(RandomErasing options, int images)
    {
        Image image = new(Side, Side, 3, [.. Enumerable.Repeat(byte.MaxValue, Side * Side * 3)]);
        List<float[]> results = [];
        using Sample sample = new();
        for (ulong index = 0; index < (ulong)images; index++)
        {
            KeyedRandom random = new(2, 0, index);
            sample.Start(image);
            sample.Normalize(_input);
            options.Apply(sample, ref random);
            results.Add(sample.Values.ToArray());
        }

        return results;
    }
}
