using Fovea.Explanations;

namespace Fovea.Tests.Explanations;

public sealed class PixelCurvesTests
{
    private static readonly float[] _weights = [0.1f, 0.4f, 0.2f, 0.3f];
    private static readonly float[] _ones = [1, 1, 1, 1];
    private static readonly float[] _zeros = new float[4];

    [Fact]
    public void Curves_of_a_weighted_sum_have_the_areas_that_its_weights_give()
    {
        PixelCurves curves = new(pixels: 4, channels: 1, steps: 4, WeightedSum);
        int[] best = PixelOrder.ByMap(_weights, 2, 2, 2);
        Assert.Equal([1, 3, 2, 0], best);

        double[] deletion = curves.Of(_ones, _zeros, best, label: 0);
        double[] insertion = curves.Of(_zeros, _ones, best, label: 0);
        Assert.Equal([1, 0.6, 0.3, 0.1, 0], deletion.Select(score => Math.Round(score, 6)));
        Assert.Equal([0, 0.4, 0.7, 0.9, 1], insertion.Select(score => Math.Round(score, 6)));
        Assert.Equal(0.375, PixelCurves.Area(deletion), 6);
        Assert.Equal(0.625, PixelCurves.Area(insertion), 6);
    }

    [Fact]
    public void The_order_of_a_map_beats_its_reverse_and_every_other_order()
    {
        PixelCurves curves = new(pixels: 4, channels: 1, steps: 4, WeightedSum);
        double best = Difference(PixelOrder.ByMap(_weights, 2, 2, 2));
        foreach (int[] order in (int[][])[[0, 2, 3, 1], [0, 1, 2, 3], PixelOrder.AtRandom(4, 1, 1), PixelOrder.FromCentre(2, 2)])
        {
            Assert.True(Difference(order) < best);
        }

        double Difference(int[] order) =>
            PixelCurves.Area(curves.Of(_zeros, _ones, order, 0)) - PixelCurves.Area(curves.Of(_ones, _zeros, order, 0));
    }

    [Fact]
    public void Steps_that_do_not_divide_the_pixels_still_end_with_all_of_them()
    {
        int count = 0;
        PixelCurves curves = new(pixels: 7, channels: 2, steps: 3, (images, _, scores) =>
        {
            count = images.Length;
            for (int i = 0; i < scores.Length; i++)
            {
                foreach (float value in images.Slice(i * 14, 14))
                {
                    scores[i] += value;
                }
            }
        });
        float[] after = [.. Enumerable.Repeat(1f, 14)];
        Assert.Equal([0, 4, 8, 14], curves.Of(new float[14], after, [6, 5, 4, 3, 2, 1, 0], 0));
        Assert.Equal(4 * 14, count);
    }

    [Fact]
    public void The_centre_comes_first_and_the_corners_last()
    {
        int[] order = PixelOrder.FromCentre(5, 3);
        Assert.Equal(7, order[0]);
        Assert.Equal([0, 4, 10, 14], order[^4..].Order());
    }

    [Fact]
    public void A_random_order_has_every_pixel_once_and_depends_on_seed_and_image_alone()
    {
        int[] order = PixelOrder.AtRandom(50, 3, 8);
        Assert.Equal(Enumerable.Range(0, 50), order.Order());
        Assert.Equal(order, PixelOrder.AtRandom(50, 3, 8));
        Assert.NotEqual(order, PixelOrder.AtRandom(50, 3, 9));
        Assert.NotEqual(order, PixelOrder.AtRandom(50, 4, 8));
    }

    private static void WeightedSum(ReadOnlySpan<float> images, int label, Span<double> scores)
    {
        for (int i = 0; i < images.Length; i++)
        {
            scores[i / _weights.Length] += images[i] * _weights[i % _weights.Length];
        }
    }
}
