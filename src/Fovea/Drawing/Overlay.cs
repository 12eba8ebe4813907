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
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (map.IsEmpty || map.Length % columns != 0)
        {
            throw new ArgumentException($"{map.Length} numbers do not make rows of {columns}.", nameof(map));
        }

        colors ??= ColorMap.Inferno;
        (float least, float most) = Range(map);
        float scale = most > least ? 1 / (most - least) : 0;
        int rows = map.Length / columns;
        byte[] pixels = new byte[image.Width * image.Height * 3];
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                float value = Sample(map, columns, rows, (x + 0.5f) * columns / image.Width, (y + 0.5f) * rows / image.Height);
                Color color = colors.At((value - least) * scale);
                int pixel = (y * image.Width) + x;
                for (int channel = 0; channel < 3; channel++)
                {
                    byte below = image.Pixels[image.Channels == 1 ? pixel : (3 * pixel) + channel];
                    byte above = channel == 0 ? color.Red : channel == 1 ? color.Green : color.Blue;
                    pixels[(3 * pixel) + channel] = (byte)MathF.Round(below + ((above - below) * opacity));
                }
            }
        }

        return new Image(image.Width, image.Height, 3, pixels);
    }

    private static (float Least, float Most) Range(ReadOnlySpan<float> map)
    {
        (float least, float most) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float value in map)
        {
            if (float.IsFinite(value))
            {
                (least, most) = (Math.Min(least, value), Math.Max(most, value));
            }
        }

        return (least, most);
    }

    /// <summary>Value between the centres of four cells; beyond the outer centres it stays as it is there.</summary>
    private static float Sample(ReadOnlySpan<float> map, int columns, int rows, float x, float y)
    {
        float left = Math.Clamp(x - 0.5f, 0, columns - 1);
        float top = Math.Clamp(y - 0.5f, 0, rows - 1);
        (int column, int row) = ((int)left, (int)top);
        (int right, int below) = (Math.Min(column + 1, columns - 1), Math.Min(row + 1, rows - 1));
        float upper = Between(map[(row * columns) + column], map[(row * columns) + right], left - column);
        float lower = Between(map[(below * columns) + column], map[(below * columns) + right], left - column);
        return Between(upper, lower, top - row);

        static float Between(float from, float to, float part) => from + ((to - from) * part);
    }
}
