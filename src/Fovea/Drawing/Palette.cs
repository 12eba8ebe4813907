using Fovea.Data;

namespace Fovea.Drawing;

/// <summary>Colours of the classes of segmentation.</summary>
public static class Palette
{
    // As many as Color.Of tells apart.
    private const int Distinct = 8;

    /// <summary>Gives a colour to each class.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="chosen">Colours that were chosen for them; of another number, they are passed over.</param>
    /// <returns>
    /// The chosen ones; else those of <see cref="Color.Of"/>, or for more than eight classes those of PASCAL VOC, which all differ up to
    /// 255.
    /// </returns>
    public static IReadOnlyList<Color> Of(int classes, IReadOnlyList<Rgb>? chosen = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        return chosen?.Count == classes ? [.. chosen.Select(color => new Color(color.Red, color.Green, color.Blue))]
            : classes <= Distinct ? [.. Enumerable.Range(0, classes).Select(Color.Of)]
            : [.. Enumerable.Range(1, classes).Select(Voc)];
    }

    /// <summary>Bits of an index, dealt to the channels in turn, the lowest to the highest bit of each; 0 is black.</summary>
    private static Color Voc(int index)
    {
        int[] channels = new int[3];
        for (int bit = 0; bit < 24 && index >> bit > 0; bit++)
        {
            channels[bit % 3] |= ((index >> bit) & 1) << (7 - (bit / 3));
        }

        return new Color((byte)channels[0], (byte)channels[1], (byte)channels[2]);
    }
}
