using System.Globalization;
using Fovea.Data;

namespace Fovea.Drawing;

/// <summary>Scales below maps: the colours from the smallest number to the largest, with both numbers.</summary>
public static class ColorScale
{
    /// <summary>Rows of a scale.</summary>
    public const int Height = 20;

    private const float TextSize = 11;
    private const int Padding = 4;
    private const int BarHeight = 10;

    /// <summary>Draws a scale on white: smallest number, colours, largest number.</summary>
    /// <param name="width">Columns; numbers that leave no room for colours are left out.</param>
    /// <param name="least">Number of the first colour.</param>
    /// <param name="most">Number of the last colour.</param>
    /// <param name="colors">Colour map; <see cref="ColorMap.Inferno"/> where null.</param>
    /// <param name="orLess">True where smaller numbers have the first colour, too.</param>
    public static Image Of(int width, float least, float most, ColorMap? colors = null, bool orLess = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        colors ??= ColorMap.Inferno;
        using Canvas canvas = new(width, Height, Color.White);
        (string from, string to) = ((orLess ? "≤ " : "") + Text(least), Text(most));
        int left = (int)MathF.Ceiling(Canvas.MeasureText(from, TextSize)) + Padding;
        int right = width - (int)MathF.Ceiling(Canvas.MeasureText(to, TextSize)) - Padding;
        if (right - left < width / 4)
        {
            (left, right) = (0, width);
        }
        else
        {
            canvas.DrawText(from, 0, Padding, Color.Black, TextSize);
            canvas.DrawText(to, right + Padding, Padding, Color.Black, TextSize);
        }

        for (int x = left; x < right; x++)
        {
            canvas.FillRectangle(x, (Height - BarHeight) / 2, 1, BarHeight, colors.At((x - left) / (float)Math.Max(1, right - left - 1)));
        }

        return canvas.ToImage();
    }

    /// <summary>A number in two digits.</summary>
    private static string Text(float value) =>
        value.ToString("G2", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal);
}
