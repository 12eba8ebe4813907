using Fovea.Data;
using Fovea.Drawing;

namespace Fovea.Tests.Drawing;

public sealed class DrawingTests
{
    [Fact]
    public void A_canvas_over_an_image_shows_the_image()
    {
        foreach (int channels in new[] { 1, 3 })
        {
            Image image = Data.TestData.Pattern(31, 17, channels);
            using Canvas canvas = new(image);
            Image shown = canvas.ToImage();
            Assert.Equal((31, 17, 3), (shown.Width, shown.Height, shown.Channels));
            for (int i = 0; i < shown.Pixels.Length; i++)
            {
                Assert.Equal(image.Pixels[channels == 3 ? i : i / 3], shown.Pixels[i]);
            }

            Assert.Equal(shown.Pixels, ImageFile.Decode(canvas.ToPng(), "canvas").Pixels);
        }
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("Zürich 98 %")]
    [InlineData("μ ≤ σ")]
    public void Text_is_visible_and_stays_within_the_width_that_was_measured(string text)
    {
        using Canvas canvas = new(200, 40, Color.White);
        canvas.DrawText(text, 10, 10, Color.Black);
        Image drawn = canvas.ToImage();
        int[] columns = [.. Enumerable.Range(0, 200).Where(x => Enumerable.Range(0, 40).Any(y => At(drawn, x, y).Luma < 0.5f))];
        Assert.NotEmpty(columns);
        Assert.InRange(columns[0], 9, 13);
        Assert.InRange(columns[^1], 15, 11 + Canvas.MeasureText(text));
    }

    [Fact]
    public void A_box_has_a_frame_and_a_label_in_its_colour_and_leaves_its_inside_as_it_is()
    {
        using Canvas canvas = new(100, 80, Color.Black);
        canvas.DrawBox(new Box(20, 40, 90, 70, 1), "dog");
        Image drawn = canvas.ToImage();
        Assert.Equal(Color.Of(1), At(drawn, 20, 60));
        Assert.Equal(Color.Of(1), At(drawn, 50, 69));
        Assert.Equal(Color.Black, At(drawn, 50, 55));
        Assert.Equal(Color.Of(1), At(drawn, 21, 22));
        Assert.Equal(Color.Black, At(drawn, 95, 5));
    }

    [Fact]
    public void A_mask_tints_its_class_and_outlines_it()
    {
        byte[] labels = new byte[20 * 20];
        for (int y = 5; y < 15; y++)
        {
            labels.AsSpan((y * 20) + 5, 10).Fill(2);
        }

        using Canvas canvas = new(20, 20, Color.Black);
        canvas.DrawMask(new Image(20, 20, 1, labels), 2, opacity: 0.5f);
        Image drawn = canvas.ToImage();
        Assert.Equal(Color.Of(2), At(drawn, 5, 10));
        Assert.InRange(At(drawn, 10, 10).Green, Color.Of(2).Green / 2 - 2, (Color.Of(2).Green / 2) + 2);
        Assert.Equal(Color.Black, At(drawn, 3, 10));
        Assert.Throws<ArgumentException>(() => canvas.DrawMask(new Image(3, 3, 1, new byte[9]), 2));
    }

    [Fact]
    public void An_overlay_goes_from_the_image_alone_to_the_map_alone()
    {
        Image image = Data.TestData.Pattern(24, 16, 3);
        float[] map = [0, 1, 2, 3, 4, 5];
        Assert.Equal(image.Pixels, Overlay.Of(image, map, columns: 3, opacity: 0).Pixels);
        Image alone = Overlay.Of(image, map, columns: 3, opacity: 1);
        Assert.Equal(ColorMap.Inferno.At(0), At(alone, 0, 0));
        Assert.Equal(ColorMap.Inferno.At(1), At(alone, 23, 15));
        Assert.Throws<ArgumentException>(() => Overlay.Of(image, map, columns: 4));
    }

    [Fact]
    public void Colour_maps_rise_in_brightness_so_that_they_read_in_grey()
    {
        foreach (ColorMap map in new[] { ColorMap.Viridis, ColorMap.Inferno, ColorMap.Grey })
        {
            float[] lumas = [.. Enumerable.Range(0, 65).Select(i => map.At(i / 64f).Luma)];
            Assert.Equal(lumas.Order(), lumas);
            Assert.True(lumas[^1] - lumas[0] > 0.6f);
        }

        Assert.Equal(ColorMap.Viridis.At(0), ColorMap.Viridis.At(float.NaN));
    }

    [Fact]
    public void A_sheet_has_the_size_that_was_promised_and_shows_each_image_with_its_caption()
    {
        Image red = new(10, 20, 3, [.. Enumerable.Range(0, 200).SelectMany(_ => (byte[])[255, 0, 0])]);
        ContactSheet sheet = new() { Columns = 2, CellSide = 40, Gap = 5 };
        Image drawn = sheet.Draw([(red, "one"), (red, "two"), (red, "a caption that is far too long for its cell")]);
        Assert.Equal(sheet.SizeOf(3), new ImageSize(drawn.Width, drawn.Height));
        Assert.Equal(95, drawn.Width);
        Assert.Equal(new Color(255, 0, 0), At(drawn, 25, 25));
        Assert.Equal(new Color(255, 0, 0), At(drawn, 70, 25));
        Assert.Equal(new Color(255, 0, 0), At(drawn, 25, 90));
        Assert.Equal(Color.White, At(drawn, 70, 90));
        Assert.Contains(Enumerable.Range(5, 40), x => Enumerable.Range(46, 16).Any(y => At(drawn, x, y).Luma < 0.5f));
    }

    [Fact]
    public void A_legend_has_a_line_for_each_entry()
    {
        Image one = Legend.Of((Color.Of(0), "cat"));
        Image two = Legend.Of((Color.Of(0), "cat"), (Color.Of(1), "a longer name"));
        Assert.True(two.Height > one.Height && two.Width > one.Width);
        Assert.Equal(Color.Of(1), At(two, 12, 36));
    }

    private static Color At(Image image, int x, int y)
    {
        int pixel = ((y * image.Width) + x) * 3;
        return new Color(image.Pixels[pixel], image.Pixels[pixel + 1], image.Pixels[pixel + 2]);
    }
}
