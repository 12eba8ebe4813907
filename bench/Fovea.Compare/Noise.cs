using Fovea.Data;

namespace Fovea.Compare;

/// <summary>Images that are nothing in particular, always the same.</summary>
internal static class Noise
{
    private const int Side = 32;

    /// <summary>Fills an input with values of the size that normalised pixels have.</summary>
    /// <param name="values">The input.</param>
    public static void Fill(Span<float> values)
    {
        Random random = new(1);
        foreach (ref float value in values)
        {
            value = (4 * random.NextSingle()) - 2;
        }
    }

    /// <summary>An image of coloured squares, in which detectors find objects of many sizes.</summary>
    /// <param name="height">Rows in pixels.</param>
    /// <param name="width">Columns in pixels.</param>
    public static Image Squares(int height, int width)
    {
        byte[] colours = new byte[(height / Side + 1) * (width / Side + 1) * 3];
        new Random(1).NextBytes(colours);
        byte[] pixels = new byte[height * width * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int pixel, int channel) = Math.DivRem(i, 3);
            (int row, int column) = Math.DivRem(pixel, width);
            pixels[i] = colours[(((row / Side * (width / Side + 1)) + (column / Side)) * 3) + channel];
        }

        return new Image(width, height, 3, pixels);
    }
}
