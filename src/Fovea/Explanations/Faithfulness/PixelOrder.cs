using Fovea.Drawing;
using Fovea.Engine;

namespace Fovea.Explanations;

/// <summary>Orders in which the pixels of an image are blanked or shown: by a map, at random, from the centre outwards.</summary>
internal static class PixelOrder
{
    /// <summary>Pixels by a map that is stretched over the image, largest number first; equal ones in reading order.</summary>
    /// <param name="map">The numbers, row by row.</param>
    /// <param name="columns">Columns of the map.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    public static int[] ByMap(ReadOnlySpan<float> map, int columns, int width, int height)
    {
        float[] values = MapSampling.Stretch(map, columns, width, height);
        int[] order = [.. Enumerable.Range(0, values.Length)];
        Array.Sort(order, (a, b) => values[a] == values[b] ? a.CompareTo(b) : values[b].CompareTo(values[a]));
        return order;
    }

    /// <summary>Pixels in a random order that depends on its two keys alone.</summary>
    /// <param name="pixels">Number of pixels.</param>
    /// <param name="seed">Seed of the measurement.</param>
    /// <param name="image">Index of the image.</param>
    public static int[] AtRandom(int pixels, ulong seed, int image)
    {
        int[] order = [.. Enumerable.Range(0, pixels)];
        new KeyedRandom(seed, (ulong)image).Shuffle(order);
        return order;
    }

    /// <summary>Pixels from the centre outwards, distances in shares of the sides: where photographers put what they show.</summary>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    public static int[] FromCentre(int width, int height)
    {
        float[] map = new float[width * height];
        for (int i = 0; i < map.Length; i++)
        {
            float x = (((i % width) + 0.5f) / width) - 0.5f;
            float y = (((i / width) + 0.5f) / height) - 0.5f;
            map[i] = -((x * x) + (y * y));
        }

        return ByMap(map, width, width, height);
    }
}
