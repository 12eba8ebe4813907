using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class RunLengthMaskTests
{
    [Fact]
    public void Pixels_that_become_runs_and_pixels_again_are_the_same()
    {
        Random random = new(1);
        for (int trial = 0; trial < 50; trial++)
        {
            (int height, int width) = (random.Next(1, 20), random.Next(1, 20));
            byte[] pixels = [.. Enumerable.Range(0, height * width).Select(_ => (byte)random.Next(2))];
            RunLengthMask mask = RunLengthMask.FromPixels(pixels, height, width);
            byte[] back = new byte[pixels.Length];
            RunLengthMask.Parse(height, width, mask.ToCompressed()).CopyTo(back);
            Assert.Equal(pixels, back);
            Assert.Equal(pixels.Sum(pixel => pixel), mask.Area);
        }
    }

    [Fact]
    public void Union_and_intersection_are_those_of_the_pixels()
    {
        Random random = new(2);
        for (int trial = 0; trial < 50; trial++)
        {
            (int height, int width) = (random.Next(1, 12), random.Next(1, 12));
            byte[] first = [.. Enumerable.Range(0, height * width).Select(_ => (byte)random.Next(2))];
            byte[] second = [.. Enumerable.Range(0, height * width).Select(_ => (byte)random.Next(2))];
            RunLengthMask a = RunLengthMask.FromPixels(first, height, width);
            RunLengthMask b = RunLengthMask.FromPixels(second, height, width);
            byte[] either = [.. first.Zip(second, (x, y) => (byte)(x | y))];
            byte[] both = [.. first.Zip(second, (x, y) => (byte)(x & y))];
            Assert.Equal(RunLengthMask.FromPixels(either, height, width).Counts.ToArray(), a.Union(b).Counts.ToArray());
            Assert.Equal(RunLengthMask.FromPixels(both, height, width).Counts.ToArray(), a.Intersection(b).Counts.ToArray());
        }
    }

    [Fact]
    public void A_rectangle_of_whole_pixels_covers_exactly_them()
    {
        RunLengthMask mask = RunLengthMask.FromRectangle(20, 30, new CocoBox(4, 3, 7, 5));
        Assert.Equal(35, mask.Area);
        Assert.Equal(new CocoBox(4, 3, 7, 5), mask.Bounds);
    }

    [Fact]
    public void Parts_of_a_polygon_outside_the_image_are_cut_off()
    {
        RunLengthMask mask = RunLengthMask.FromPolygons(10, 10, [[-50, -50, 60, -50, 60, 60, -50, 60]]);
        Assert.Equal(100, mask.Area);
        Assert.Equal(0, RunLengthMask.FromPolygons(10, 10, [[20, 20, 30, 20, 30, 30]]).Area);
    }

    [Fact]
    public void Runs_without_length_between_others_change_no_overlap()
    {
        RunLengthMask plain = RunLengthMask.FromCounts(4, 4, [2, 6, 8]);
        RunLengthMask split = RunLengthMask.FromCounts(4, 4, [2, 3, 0, 3, 8, 0]);
        Assert.Equal(plain.Bounds, split.Bounds);
        Assert.Equal(1, split.IntersectionOverUnion(plain));
        Assert.Equal(plain.Counts.ToArray(), split.Union(plain).Counts.ToArray());
    }

    [Fact]
    public void Overlapping_masks_of_different_sizes_have_the_overlap_minus_one()
    {
        RunLengthMask small = RunLengthMask.FromRectangle(10, 10, new CocoBox(1, 1, 5, 5));
        RunLengthMask large = RunLengthMask.FromRectangle(20, 20, new CocoBox(2, 2, 5, 5));
        Assert.Equal(-1, small.IntersectionOverUnion(large));
        Assert.Throws<ArgumentException>(() => small.Union(large));
    }

    [Theory]
    [InlineData("0 0", "Character 1 of the mask's text is ' '")]
    [InlineData("0p", "Character 1 of the mask's text is 'p'")]
    [InlineData("0P", "ends within a number")]
    [InlineData("ooooooooooooo0", "impossible length")]
    [InlineData("0O", "impossible length")]
    [InlineData("13", "add up to 4 pixels; its size of 3x4 (height x width) has 12")]
    public void A_malformed_text_is_refused_with_its_place(string text, string expected)
    {
        FormatException error = Assert.Throws<FormatException>(() => RunLengthMask.Parse(3, 4, text));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_do_not_add_up_are_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => RunLengthMask.FromCounts(3, 4, [5, 6]));
        Assert.Contains("add up to 11", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentException>(() => RunLengthMask.FromCounts(3, 4, [15, -3]));
        Assert.Contains("negative", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RunLengthMask.FromPolygons(3, 4, [[1, 2, 3]]));
        Assert.Throws<ArgumentException>(() => RunLengthMask.FromPolygons(3, 4, [[1, 2, double.NaN, 2, 3, 3]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => RunLengthMask.FromCounts(0, 4, []));
    }
}
