using SkiaSharp;

namespace Fovea.Drawing;

/// <summary>Colour to draw with.</summary>
/// <param name="Red">Red, 0 to 255.</param>
/// <param name="Green">Green, 0 to 255.</param>
/// <param name="Blue">Blue, 0 to 255.</param>
public readonly record struct Color(byte Red, byte Green, byte Blue)
{
    // Okabe and Ito's colours, which people with any colour vision tell apart.
    private static readonly Color[] _distinct =
    [
        new(230, 159, 0), new(86, 180, 233), new(0, 158, 115), new(240, 228, 66),
        new(0, 114, 178), new(213, 94, 0), new(204, 121, 167), new(255, 255, 255),
    ];

    /// <summary>Black.</summary>
    public static Color Black => new(0, 0, 0);

    /// <summary>White.</summary>
    public static Color White => new(255, 255, 255);

    /// <summary>Luma, 0 (black) to 1 (white).</summary>
    public float Luma => ((0.299f * Red) + (0.587f * Green) + (0.114f * Blue)) / 255;

    /// <summary>Black or white, whichever stands out against this colour.</summary>
    public Color Contrast => Luma > 0.5f ? Black : White;

    /// <summary>Colour of a class: eight that are easy to tell apart, over and over.</summary>
    /// <param name="index">Index of the class.</param>
    public static Color Of(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return _distinct[index % _distinct.Length];
    }

    /// <summary>The colour for SkiaSharp.</summary>
    /// <param name="opacity">0 (invisible) to 1.</param>
    internal SKColor ToSkia(float opacity = 1) => new(Red, Green, Blue, (byte)MathF.Round(255 * opacity));
}
