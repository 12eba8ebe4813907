using Fovea.Data;
using Fovea.Drawing;

namespace Fovea.Tests.Data;

/// <summary>Maps of classes as files and drawings.</summary>
public sealed class PalettePngTests
{
    [Fact]
    public void A_reader_that_follows_the_palette_sees_its_colours_and_black_beyond_them()
    {
        Image map = new(3, 2, 1, [0, 1, 2, 2, 1, 0]);
        byte[] png = PalettePng.Encode(map, [new Rgb(10, 20, 30), new Rgb(200, 100, 50)]);
        Image read = ImageFile.Decode(new MemoryStream(png), "map");
        Assert.Equal([10, 20, 30, 200, 100, 50, 0, 0, 0, 0, 0, 0, 200, 100, 50, 10, 20, 30], read.Pixels);
    }

    [Fact]
    public void A_palette_has_a_colour_of_its_own_for_each_of_many_classes_or_those_that_were_chosen()
    {
        foreach (int classes in new[] { 1, 8, 19, 150, 255 })
        {
            Assert.Equal(classes, Palette.Of(classes).Distinct().Count());
        }

        Assert.Equal([new Color(1, 2, 3), new Color(4, 5, 6)], Palette.Of(2, [new Rgb(1, 2, 3), new Rgb(4, 5, 6)]));
        Assert.Equal(Palette.Of(3), Palette.Of(3, [new Rgb(1, 2, 3)]));
    }

    [Fact]
    public void Each_pixel_is_tinted_by_its_class_and_those_without_a_colour_stay()
    {
        Image image = new(3, 1, 1, [100, 100, 100]);
        Image overlay = ClassOverlay.Of(image, new Image(3, 1, 1, [0, 1, 255]), [new Color(200, 0, 100), new Color(0, 0, 0)]);
        Assert.Equal([150, 50, 100, 50, 50, 50, 100, 100, 100], overlay.Pixels);
        Assert.Throws<ArgumentException>(() => ClassOverlay.Of(image, new Image(1, 1, 1, [0]), []));
    }
}
