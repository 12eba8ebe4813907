using Fovea.Data;

namespace Fovea.Drawing;

/// <summary>Maps of numbers over images: where a network looks, what a feature answers to.</summary>
public static class Overlay
{
    /// <summary>Lays a map over an image: its smallest number gets the colour map's first colour, its largest the last.</summary>
    /// <param name="image">The image, which stays as it is.</param>
    /// <param name="map">The numbers, [rows, columns]; they are stretched over the image and smoothed.</param>
    /// <param name="columns">Columns of the map.</param>
    /// <param name="opacity">Strength of the map, 0 (the image alone) to 1 (the map alone).</param>
    /// <param name="colors">Colour map; <see cref="ColorMap.Inferno"/> where null.</param>
    /// <returns>An image of three channels and the same size.</returns>
    /// <exception cref="ArgumentException">The numbers do not make whole rows.</exception>
    public static Image Of(Image image, ReadOnlySpan<float> map, int columns, float opacity = 0.5f, ColorMap? colors = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        colors ??= ColorMap.Inferno;
        float[] values = MapSampling.Stretch(map, columns, image.Width, image.Height);
        (float least, float most) = MapSampling.Range(map);
        float scale = most > least ? 1 / (most - least) : 0;
        return Blend(image, pixel => (colors.At((values[pixel] - least) * scale), opacity));
    }

    /// <summary>
    /// Lays several maps over an image: each pixel takes the colour of the map with the largest number there, the stronger the larger that
    /// number is.
    /// </summary>
    /// <param name="image">The image, which stays as it is.</param>
    /// <param name="maps">The maps, each row by row and all of one size; their numbers are compared as they are, below 0 as 0.</param>
    /// <param name="columns">Columns of each map.</param>
    /// <param name="colors">Colour of each map.</param>
    /// <param name="opacity">Strength of the largest number of all maps, 0 to 1; others have less in proportion.</param>
    /// <returns>An image of three channels and the same size.</returns>
    /// <exception cref="ArgumentException">
    /// There is no map, or not one colour for each, or the numbers do not make whole rows.
    /// </exception>
    public static Image OfStrongest(
        Image image, IReadOnlyList<ReadOnlyMemory<float>> maps, int columns, IReadOnlyList<Color> colors, float opacity = 0.8f)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(colors);
        if (maps.Count == 0 || maps.Count != colors.Count)
        {
            throw new ArgumentException(
                $"{maps.Count} maps with {colors.Count} colours: give at least one, and a colour for each.", nameof(maps));
        }

        float[][] values = [.. maps.Select(map => MapSampling.Stretch(map.Span, columns, image.Width, image.Height))];
        float most = Math.Max(values.Max(map => MapSampling.Range(map).Most), float.Epsilon);
        return Blend(image, pixel =>
        {
            int strongest = 0;
            for (int i = 1; i < values.Length; i++)
            {
                strongest = values[i][pixel] > values[strongest][pixel] ? i : strongest;
            }

            return (colors[strongest], opacity * Math.Clamp(values[strongest][pixel] / most, 0, 1));
        });
    }

    private static Image Blend(Image image, Func<int, (Color Color, float Opacity)> above)
    {
        byte[] pixels = new byte[image.Width * image.Height * 3];
        for (int pixel = 0; pixel < image.Width * image.Height; pixel++)
        {
            (Color color, float opacity) = above(pixel);
            pixels[3 * pixel] = Mix(0, color.Red);
            pixels[(3 * pixel) + 1] = Mix(1, color.Green);
            pixels[(3 * pixel) + 2] = Mix(2, color.Blue);

            byte Mix(int channel, byte value)
            {
                byte below = image.Pixels[image.Channels == 1 ? pixel : (3 * pixel) + channel];
                return (byte)MathF.Round(below + ((value - below) * opacity));
            }
        }

        return new Image(image.Width, image.Height, 3, pixels);
    }
}
