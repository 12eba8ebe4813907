using Fovea.Data;

namespace Fovea.Drawing;

/// <summary>Legends: colours with what they stand for.</summary>
public static class Legend
{
    private const int RowHeight = 20;
    private const int Swatch = 12;
    private const int Padding = 6;

    /// <summary>Draws a legend, one line for each entry, on white.</summary>
    /// <param name="entries">Colours with their names, at least one.</param>
    /// <exception cref="ArgumentException">There is no entry.</exception>
    public static Image Of(params IReadOnlyList<(Color Color, string Name)> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count == 0)
        {
            throw new ArgumentException("A legend has at least one entry.", nameof(entries));
        }

        int widest = (int)MathF.Ceiling(entries.Max(entry => Canvas.MeasureText(entry.Name)));
        using Canvas canvas = new((3 * Padding) + Swatch + widest, (2 * Padding) + (RowHeight * entries.Count), Color.White);
        for (int i = 0; i < entries.Count; i++)
        {
            int top = Padding + (i * RowHeight);
            canvas.FillRectangle(Padding, top + ((RowHeight - Swatch) / 2), Swatch, Swatch, entries[i].Color);
            canvas.DrawText(entries[i].Name, (2 * Padding) + Swatch, top + 2, Color.Black);
        }

        return canvas.ToImage();
    }
}
