namespace Fovea.Drawing;

/// <summary>Maps of numbers at any place of the image that they belong to, and their range.</summary>
internal static class MapSampling
{
    /// <summary>Stretches a map over an image: each pixel lies between the centres of four cells.</summary>
    /// <param name="map">The numbers, row by row.</param>
    /// <param name="columns">Columns of the map.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    /// <returns>A number for each pixel, row by row.</returns>
    /// <exception cref="ArgumentException">The numbers do not make whole rows.</exception>
    public static float[] Stretch(ReadOnlySpan<float> map, int columns, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (map.IsEmpty || map.Length % columns != 0)
        {
            throw new ArgumentException($"{map.Length} numbers do not make rows of {columns}.", nameof(map));
        }

        int rows = map.Length / columns;
        float[] values = new float[width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                values[(y * width) + x] = At(map, columns, rows, (x + 0.5f) * columns / width, (y + 0.5f) * rows / height);
            }
        }

        return values;
    }

    /// <summary>Smallest and largest number; those that are not finite do not count, and where none is, both are 0.</summary>
    public static (float Least, float Most) Range(ReadOnlySpan<float> map)
    {
        (float least, float most) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (float value in map)
        {
            if (float.IsFinite(value))
            {
                (least, most) = (Math.Min(least, value), Math.Max(most, value));
            }
        }

        return least <= most ? (least, most) : (0, 0);
    }

    /// <summary>Value between the centres of four cells; beyond the outer centres it stays as it is there.</summary>
    private static float At(ReadOnlySpan<float> map, int columns, int rows, float x, float y)
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
