using Fovea.Data;
using Fovea.Drawing;
using Fovea.Explanations;

namespace Fovea.Tests.Explanations;

public sealed class ExplanationDrawingTests
{
    [Fact]
    public void A_map_lies_over_its_part_of_the_image_with_a_scale_below()
    {
        Image image = Data.TestData.Pattern(40, 20, 3);
        Explanation map = Map(2, 2, [0, 0, 0, 1]) with { Region = new ImageRegion(10, 0, 30, 20) };
        Image drawn = ExplanationDrawing.Draw(image, map, side: 100);
        Assert.Equal((100, 100 + ColorScale.Height), (drawn.Width, drawn.Height));

        Image part = ExplanationDrawing.View(image, map.Region, 100);
        Assert.Equal(0.4f * Luma(part, 99, 99) + (0.6f * ColorMap.Inferno.At(1).Luma), Luma(drawn, 99, 99), 0.01f);
        Assert.Equal(0.4f * Luma(part, 0, 0) + (0.6f * ColorMap.Inferno.At(0).Luma), Luma(drawn, 0, 0), 0.01f);
    }

    [Fact]
    public void Borders_that_the_network_saw_beside_the_image_are_black()
    {
        Image white = new(10, 10, 1, [.. Enumerable.Repeat((byte)255, 100)]);
        Image view = ExplanationDrawing.View(white, new ImageRegion(-5, 0, 15, 10), 40);
        Assert.Equal((40, 20), (view.Width, view.Height));
        Assert.Equal(0, Luma(view, 5, 10));
        Assert.Equal(1, Luma(view, 20, 10), 0.01f);
        Assert.Equal(0, Luma(view, 35, 10));
    }

    [Fact]
    public void A_part_within_the_image_is_seen_to_its_last_row_and_column()
    {
        Image white = new(53, 37, 1, [.. Enumerable.Repeat((byte)255, 53 * 37)]);
        for (int i = 0; i < 200; i++)
        {
            (double left, double top) = (30 * (i * 0.381966 % 1), 20 * (i * 0.618034 % 1));
            Image view = ExplanationDrawing.View(white, new ImageRegion(left, top, 53, 37), 100 + (i % 7));
            Assert.Equal(1, Luma(view, view.Width - 1, view.Height - 1), 0.01f);
            Assert.Equal(1, Luma(view, 0, 0), 0.01f);
        }
    }

    [Fact]
    public void Each_position_takes_the_colour_of_its_strongest_class()
    {
        Image black = new(64, 64, 1, new byte[64 * 64]);
        Explanation cat = Map(1, 2, [1, 0]) with { Class = "cat" };
        Explanation dog = Map(1, 2, [0, 1]) with { Class = "dog" };
        Image drawn = ExplanationDrawing.DrawClasses(black, [cat, dog], side: 64);
        Assert.Equal(0.8f * Color.Of(0).Luma, Luma(drawn, 0, 32), 0.02f);
        Assert.Equal(0.8f * Color.Of(1).Luma, Luma(drawn, 63, 32), 0.02f);
        Assert.True(drawn.Height > 64, "There is no legend.");
        Assert.Throws<ArgumentException>(() => ExplanationDrawing.DrawClasses(black, [cat, Map(2, 2, [0, 0, 0, 1])]));
    }

    [Fact]
    public void A_sheet_has_a_cell_for_the_image_one_for_each_map_and_one_for_all_classes_together()
    {
        Image image = Data.TestData.Pattern(32, 32, 3);
        Explanation map = Map(2, 2, [0, 1, 2, 3]);
        Assert.Equal(2, Cells([map]));
        Assert.Equal(3, Cells([map, map]));
        Explanation token = map with { Method = ExplanationMethod.Classes };
        Assert.Equal(4, Cells([token with { Class = "cat" }, token with { Class = "dog" }]));

        int Cells(IReadOnlyList<Explanation> maps) => ExplanationDrawing.Sheet(image, maps, columns: 10).Width / 256;
    }

    [Fact]
    public void A_detection_at_the_edge_of_an_image_of_any_size_is_drawn_without_a_dark_border()
    {
        for (int extent = 31; extent <= 67; extent++)
        {
            Image white = new(extent, extent + 2, 1, [.. Enumerable.Repeat((byte)255, extent * (extent + 2))]);
            Explanation map = Map(1, 1, [1]) with
            {
                Region = new ImageRegion(0, 0, extent, extent + 2),
                Detection = new ExplainedDetection(
                    0, "cat", 1, new Box(extent - 7 - (extent % 7), extent - 5 - (extent % 11), extent - 4, extent - 2, 0)),
            };
            Image drawn = ExplanationDrawing.Draw(white, map, side: 100);
            int lowest = drawn.Height - ColorScale.Height - 1;
            Assert.All(Enumerable.Range(0, drawn.Width), x => Assert.True(Luma(drawn, x, lowest) > 0.4f, $"side {extent}, column {x}"));
            Assert.All(Enumerable.Range(0, lowest), y => Assert.True(Luma(drawn, drawn.Width - 1, y) > 0.4f, $"side {extent}, row {y}"));
        }
    }

    [Fact]
    public void A_scale_shows_all_colours_between_its_numbers()
    {
        Image scale = ColorScale.Of(200, 0, 0.25f);
        float[] row = [.. Enumerable.Range(0, 200).Select(x => Luma(scale, x, ColorScale.Height / 2))];
        Assert.Contains(row, luma => luma < 0.02f);
        Assert.Contains(row, luma => luma is > 0.4f and < 0.6f);
        Assert.Equal(Color.White.Luma, Luma(scale, 199, 0));
        Assert.Equal(10, ColorScale.Of(10, 0, 1).Width);
    }

    private static Explanation Map(int height, int width, float[] values) => new()
    {
        Method = ExplanationMethod.GradCam,
        Height = height,
        Width = width,
        Values = values,
        Region = new ImageRegion(0, 0, 32, 32),
    };

    private static float Luma(Image image, int x, int y)
    {
        int pixel = ((y * image.Width) + x) * 3;
        return new Color(image.Pixels[pixel], image.Pixels[pixel + 1], image.Pixels[pixel + 2]).Luma;
    }
}
